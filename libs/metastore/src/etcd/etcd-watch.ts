import { sleep } from "@sluice/async";
import type { IDuplexStream, IWatchRequest, IWatchResponse } from "etcd3";
import { ChangeFeed } from "../change-feed.ts";
import type { EtcdConnection } from "./etcd-connection.ts";

/** Pause before a watch that ended is opened again; doubles up to the second while it does not stand. */
const REOPEN_MS = { first: 50, most: 1000 };
/** A stream on which etcd has left so many questions unanswered is given up; one is asked each `callTimeoutMs`. */
const MAX_UNANSWERED = 3;
const PAGE_KEYS = 1000;

/**
 * Changes below a prefix.
 *
 * W1. A watch begins behind the newest revision that this store has seen in any answer, and goes on, after its stream broke,
 *     behind the last change that it got. (The client's own watcher goes on behind the revision at which its stream was
 *     opened again, and so loses what was on its way when the next one broke.)
 * W2. Where etcd has forgotten the revisions in between, or was put back to an older state, all keys count as changed, and
 *     the prefix itself stands for those that are gone; the watch goes on behind the list of them.
 * W3. A stream on which etcd is silent too long is given up: a broken network may not say that it is.
 */
export function watchPrefix(
  connection: EtcdConnection,
  prefix: string,
  signal: AbortSignal,
): AsyncIterable<ReadonlySet<string>> {
  const feed = new ChangeFeed();
  const ended = AbortSignal.any([signal, connection.closed]);
  const items = feed.watch(prefix, ended);
  if (!ended.aborted) void new PrefixWatch(connection, prefix, ended, feed).follow();
  return items;
}

type Stream = IDuplexStream<IWatchRequest, IWatchResponse>;

class PrefixWatch {
  readonly #connection: EtcdConnection;
  readonly #prefix: string;
  readonly #signal: AbortSignal;
  readonly #feed: ChangeFeed;
  /** The first revision whose changes are not told yet. */
  #next: bigint;
  /** W2: changes that can no longer be told one by one. */
  #hasGap = false;
  #pauseMs = REOPEN_MS.first;

  constructor(connection: EtcdConnection, prefix: string, signal: AbortSignal, feed: ChangeFeed) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#signal = signal;
    this.#feed = feed;
    this.#next = connection.seenRevision + 1n;
  }

  async follow(): Promise<void> {
    await undefined; // A watch that is given up at once opens no stream.
    while (!this.#signal.aborted) {
      try {
        await this.#followStream(await this.#connection.client.watchClient.watch());
        if (this.#signal.aborted) return;
        // Also when there is no gap: only on calls of one answer the client finds out that etcd has forgotten its user.
        await this.#list();
      } catch {
        // No etcd: the watch waits for it, like a stream that breaks.
      }
      await sleep(this.#pauseMs, this.#signal);
      this.#pauseMs = Math.min(2 * this.#pauseMs, REOPEN_MS.most);
    }
  }

  /** Resolves when the stream has ended, for whatever reason. */
  #followStream(stream: Stream): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let unanswered = 0;
    const pulse = setInterval(() => {
      if (unanswered++ === MAX_UNANSWERED) resolve();
      else stream.write({ progress_request: {} });
    }, this.#connection.callTimeoutMs);
    stream.on("data", (response) => {
      unanswered = 0;
      if (!this.#take(response)) resolve();
    });
    stream.on("error", () => resolve());
    stream.on("end", () => resolve());
    const end = () => resolve();
    this.#signal.addEventListener("abort", end, { once: true });
    stream.write({
      create_request: { ...this.#connection.rangeOf(this.#prefix), start_revision: this.#next.toString() },
    });
    if (this.#signal.aborted) resolve();
    return promise.finally(() => {
      clearInterval(pulse);
      this.#signal.removeEventListener("abort", end);
      stream.cancel();
    });
  }

  /** False when the stream has come to its end. */
  #take({ header, created, canceled, compact_revision, events }: IWatchResponse): boolean {
    if (canceled) {
      if (BigInt(compact_revision) > 0n) this.#hasGap = true;
      return false;
    }
    if (created) {
      this.#pauseMs = REOPEN_MS.first;
      this.#hasGap ||= BigInt(header.revision) < this.#next - 1n;
      return !this.#hasGap;
    }
    const changed: string[] = [];
    for (const { kv } of events) {
      changed.push(this.#connection.nameOf(kv.key));
      const revision = BigInt(kv.mod_revision);
      if (revision >= this.#next) this.#next = revision + 1n;
    }
    if (changed.length > 0) this.#feed.publish(changed);
    return true;
  }

  /** W2. Without a gap it only looks whether etcd answers. */
  async #list(): Promise<void> {
    let { key, range_end } = this.#connection.rangeOf(this.#prefix);
    let first: bigint | undefined;
    for (;;) {
      const request = { key, range_end, keys_only: true, limit: this.#hasGap ? PAGE_KEYS : 1 };
      const { kvs, more, header } = await this.#connection.range(request);
      if (!this.#hasGap) return;
      first ??= BigInt(header.revision);
      this.#feed.publish([this.#prefix, ...kvs.map((entry) => this.#connection.nameOf(entry.key))]);
      if (!more) break;
      key = Buffer.concat([kvs[kvs.length - 1].key, Buffer.of(0)]); // The least key behind the last.
    }
    this.#next = first + 1n;
    this.#hasGap = false;
  }
}
