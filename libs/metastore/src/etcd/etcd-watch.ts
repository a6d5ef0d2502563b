import type { Etcd3, Watcher } from "etcd3";
import { ChangeFeed } from "../change-feed.ts";

export interface WatchOptions {
  /** What every key in etcd begins with, cut off from those that are told. */
  readonly folder: string;
  readonly prefix: string;
  /** The first revision whose changes are told. */
  readonly fromRevision: bigint;
  /** Keys below the prefix as of now. */
  readonly known: () => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

/** Pause before a watch that ended is opened again. */
const REOPEN_MS = 100;

/**
 * Changes below a prefix. The client resumes a watch whose connection broke; a watch that etcd ends, since it has forgotten
 * the revisions in between, begins anew, and every key counts as changed.
 */
export function watchPrefix(client: Etcd3, options: WatchOptions): AsyncIterable<ReadonlySet<string>> {
  const feed = new ChangeFeed();
  const items = feed.watch(options.prefix, options.signal);
  if (!options.signal.aborted) void follow(client, options, feed);
  return items;
}

async function follow(client: Etcd3, options: WatchOptions, feed: ChangeFeed): Promise<void> {
  const { signal, known, prefix } = options;
  let from: bigint | undefined = options.fromRevision;
  while (!signal.aborted) {
    await untilEnded(client, options, from, feed);
    from = undefined;
    if (signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
    const keys = await known().catch(() => []);
    feed.publish([prefix, ...keys]);
  }
}

/** Follows one watch until etcd ends it. Without a first revision it begins with now, and tells so once it stands. */
function untilEnded(
  client: Etcd3,
  { folder, prefix, known, signal }: WatchOptions,
  from: bigint | undefined,
  feed: ChangeFeed,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const builder = client.watch().prefix(folder + prefix);
  const watcher: Watcher = (from === undefined ? builder : builder.startRevision(from.toString())).watcher();
  // What changed between the last watch and this one is among the keys of now, or gone.
  watcher.on("connected", () => {
    if (from === undefined) known().then((keys) => feed.publish([prefix, ...keys]), resolve);
  });
  watcher.on("data", ({ events }) =>
    feed.publish(events.flatMap(({ kv }) => (kv ? [kv.key.toString().slice(folder.length)] : []))),
  );
  watcher.on("error", () => resolve());
  watcher.on("end", () => resolve());
  const end = () => {
    watcher.cancel().catch(() => undefined);
    resolve();
  };
  signal.addEventListener("abort", end, { once: true });
  return promise.finally(() => {
    signal.removeEventListener("abort", end);
    watcher.cancel().catch(() => undefined);
  });
}
