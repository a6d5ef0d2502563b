import { join } from "node:path";
import { sleep } from "@sluice/async";
import { SettingsError, type SettingValues } from "@sluice/config";
import { EmbeddedMetaStore, type MetaStore, measuredMetaStore } from "@sluice/metastore";
import {
  CountingObjectStore,
  type ObjectStore,
  type ObjectStoreDescription,
  openObjectStore,
  openSourceStore,
  type SourceStore,
  type SourceStoreDescription,
} from "@sluice/object-store";
import { EmbeddedTaskQueue, type TaskQueue } from "@sluice/task-queue";
import { observeMetaStore, type Telemetry } from "@sluice/telemetry";
import { Peers } from "./peers.ts";
import type { Problems } from "./problems.ts";
import { type etcdSettings, queueSettings, s3Settings, sourceSettings } from "./settings.ts";
import { briefly, createBucket, openEtcd, openRedis, s3Objects, s3Options, s3Sources } from "./shared-backends.ts";
import { watchBucket, watchQueue } from "./watch-backends.ts";

/** What a role may need, and the settings that come with it. */
export const needSettings = {
  queue: queueSettings,
  /** The bucket of segments, made where it is missing. */
  bucket: s3Settings,
  objects: s3Settings,
  sources: sourceSettings,
  stores: sourceSettings,
} as const;

export type Need = keyof typeof needSettings;

/** Members of all members of a union. */
type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The settings that come with needs, and their values. */
export type NeedDefinitions<N extends Need> = AllOf<(typeof needSettings)[N]>;
export type NeedValues<N extends Need> = AllOf<{ [M in N]: SettingValues<(typeof needSettings)[M]> }[N]>;

/** Both stores as plain data, for worker threads, which open their own. */
export interface StoreDescriptions {
  readonly objects: ObjectStoreDescription;
  readonly sources: SourceStoreDescription;
}

interface Provided {
  readonly queue: TaskQueue;
  readonly bucket: undefined;
  /** Segments. */
  readonly objects: ObjectStore;
  /** What paths of imports mean. */
  readonly sources: SourceStore;
  readonly stores: StoreDescriptions;
}

/** What roles stand on: shared with other processes (etcd, Redis, S3), or embedded in this one (lmdb, memory, folders). */
export type Backends<N extends Need = Need> = Pick<Provided, N> & {
  readonly metastore: MetaStore;
  /** Where the other roles are, in this process or another. */
  readonly peers: Peers;
  /** What of all this does not serve now. */
  readonly problems: Problems;
};

/** Each backend is shared when a server is given for it, else embedded below `dataDir`; without it, it must be given. */
export type BackendSettings<N extends Need> = SettingValues<typeof etcdSettings> &
  NeedValues<N> & { readonly dataDir?: string };

/** Pause before etcd is tried again that cannot be reached at the start. */
const RETRY_MS = 500;

type AllSettings = BackendSettings<Need>;
type Opener<N extends Need> = (settings: AllSettings, telemetry: Telemetry) => Promise<Provided[N]>;

const openers: { readonly [N in Need]: Opener<N> } = {
  queue: async (settings, { log }) =>
    isShared(settings, settings.redis) ? openRedis(settings, log) : new EmbeddedTaskQueue(),
  bucket: async (settings, { log }) => {
    if (isShared(settings, settings.s3)) await createBucket(settings, log);
  },
  objects: async (settings, { metrics }) =>
    CountingObjectStore.scraped(await openObjectStore(await describeObjects(settings)), metrics),
  sources: async (settings) => openSourceStore(briefly(await describeSources(settings))),
  stores: async (settings) => ({
    objects: await describeObjects(settings),
    sources: await describeSources(settings),
  }),
};

/**
 * Opens what roles need. Processes start in any order, so etcd is waited for.
 * @throws {SettingsError}; the reason of `signal`; {Error} when the embedded state is in use or cannot be read
 */
export async function openBackends<N extends Need>(
  settings: BackendSettings<N>,
  needs: readonly N[],
  telemetry: Telemetry,
  problems: Problems,
  signal: AbortSignal,
): Promise<Backends<N> & AsyncDisposable> {
  await using cleanup = new AsyncDisposableStack();
  const all = settings as unknown as AllSettings;
  const { log, metrics } = telemetry;
  const provided: Partial<Record<Need, unknown>> = {};
  for (const need of new Set<Need>(needs)) {
    const backend = await openers[need](all, telemetry);
    if (backend && Symbol.asyncDispose in backend) cleanup.use(backend);
    provided[need] = backend;
  }
  // Last, since it is waited for: what is wrong with the settings of others is said before.
  const opened = cleanup.use(await openMetaStore(all, problems, signal));
  const metastore = measuredMetaStore(opened, observeMetaStore(metrics));
  const peers = cleanup.use(Peers.watch(metastore, log));
  if (provided.queue) cleanup.use(watchQueue(provided.queue as TaskQueue, problems));
  const usesStorage = needs.some((need) => need !== "queue") && isShared(all, all.s3);
  if (usesStorage) cleanup.use(watchBucket(await s3Options(all), problems));
  const running = cleanup.move();
  const backends = { metastore, peers, problems, ...provided, [Symbol.asyncDispose]: () => running.disposeAsync() };
  return backends as unknown as Backends<N> & AsyncDisposable;
}

/** Whether a backend is one that others share: a server was given, or nothing can be embedded. */
function isShared({ dataDir }: AllSettings, server: string | readonly string[] | undefined): boolean {
  return dataDir === undefined || (server?.length ?? 0) > 0;
}

async function openMetaStore(settings: AllSettings, problems: Problems, signal: AbortSignal): Promise<MetaStore> {
  const { dataDir, etcd } = settings;
  if (!isShared(settings, etcd)) return EmbeddedMetaStore.open({ path: join(dataDir as string, "meta") });
  for (;;) {
    signal.throwIfAborted();
    try {
      const store = await openEtcd(settings);
      problems.set("etcd", undefined);
      return store;
    } catch (error) {
      if (error instanceof SettingsError) throw error;
      problems.set("etcd", (error as Error).message);
      await sleep(RETRY_MS, signal);
    }
  }
}

async function describeObjects(settings: AllSettings): Promise<ObjectStoreDescription> {
  if (isShared(settings, settings.s3)) return s3Objects(settings);
  return { kind: "local", root: join(settings.dataDir as string, "storage") };
}

async function describeSources(settings: AllSettings): Promise<SourceStoreDescription> {
  const { importRoot: roots = [] } = settings;
  return isShared(settings, settings.s3) ? s3Sources(settings, roots) : { kind: "local", roots };
}
