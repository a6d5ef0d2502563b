import { join } from "node:path";
import { sleep } from "@sluice/async";
import { SettingsError, type SettingValues } from "@sluice/config";
import { EmbeddedMetaStore, type MetaStore, measuredMetaStore } from "@sluice/metastore";
import {
  CountingObjectStore,
  type DescribeBrought,
  ExportRoots,
  type NamedRoot,
  type NamedStorage,
  type ObjectStore,
  openObjectStore,
  openSources,
  prepareObjectStore,
  type Secrets,
  type Sources,
  type StorageDescription,
} from "@sluice/object-store";
import { EmbeddedTaskQueue, type TaskQueue } from "@sluice/task-queue";
import { observeMetaStore, scrapeStorage, type Telemetry } from "@sluice/telemetry";
import { Peers } from "./peers.ts";
import type { Problems } from "./problems.ts";
import { type etcdSettings, objectSettings, queueSettings, sourceSettings } from "./settings.ts";
import { broughtOf, exportRootsOf, hasObjects, objectsOf, openEtcd, openRedis, sourcesOf } from "./shared-backends.ts";
import { watchObjects, watchQueue, watchSources } from "./watch-backends.ts";

/** What a role may need, and the settings that come with it. */
export const needSettings = {
  queue: queueSettings,
  /** What the store of segments needs, such as a bucket, made where it is missing. */
  bucket: objectSettings,
  objects: objectSettings,
  /** The same, for who serves without it, too: it need not be given, and is not waited for. */
  uploads: objectSettings,
  sources: sourceSettings,
  /** Stores that jobs bring. */
  brought: sourceSettings,
  exports: sourceSettings,
  stores: sourceSettings,
} as const;

/** What a role may say that it needs; see `Backends`. */
export type Need = keyof typeof needSettings;

/** Members of all members of a union. */
type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The settings that come with needs, and their values. */
export type NeedDefinitions<N extends Need> = AllOf<(typeof needSettings)[N]>;
/** Values of the settings of some needs. */
export type NeedValues<N extends Need> = AllOf<{ [M in N]: SettingValues<(typeof needSettings)[M]> }[N]>;

/** Where segments lie and files come from, as plain data, for worker threads, which open their own. */
export interface StoreDescriptions {
  readonly objects: StorageDescription;
  readonly sources: readonly NamedStorage[];
  readonly exportRoots: readonly NamedRoot[];
  readonly secrets: Secrets;
}

interface Provided {
  readonly queue: TaskQueue;
  readonly bucket: undefined;
  /** Segments. */
  readonly objects: ObjectStore;
  readonly uploads: ObjectStore | undefined;
  /** What paths of imports mean. */
  readonly sources: Sources;
  /** @param endpoints servers that jobs may name @throws {SettingsError} for one that is none */
  readonly brought: (endpoints: readonly string[]) => DescribeBrought;
  /** Where files may be exported to. */
  readonly exports: ExportRoots;
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

/** How long storage that is away is waited for while a client or the start waits. */
const BRIEF = { patienceMs: 8000 };
/** Pause before etcd is tried again that cannot be reached at the start. */
const RETRY_MS = 500;

type AllSettings = BackendSettings<Need>;
type Opener<N extends Need> = (settings: AllSettings, telemetry: Telemetry) => Promise<Provided[N]>;

const openers: { readonly [N in Need]: Opener<N> } = {
  queue: async (settings, { log }) =>
    isShared(settings, settings.redis) ? openRedis(settings, log) : new EmbeddedTaskQueue(),
  bucket: async (settings, { log }) => {
    const { storage, secrets } = await objectsOf(settings);
    const failed = (error: unknown) => log.warn("the place of segments could not be made", { err: error });
    // The first use of it says what is wrong, where this process may not make it.
    await prepareObjectStore(storage, secrets, BRIEF).catch(failed);
  },
  objects: async (settings, { metrics }) => {
    const { storage, secrets } = await objectsOf(settings);
    return scrapeStorage(new CountingObjectStore(await openObjectStore(storage, secrets)), metrics);
  },
  uploads: async (settings) => {
    if (!(await hasObjects(settings))) return undefined;
    const { storage, secrets } = await objectsOf(settings);
    return openObjectStore(storage, secrets, BRIEF);
  },
  sources: async (settings) => {
    const { sources, secrets } = await sourcesOf(settings);
    return openSources(sources, secrets, BRIEF);
  },
  brought: async (settings) => (endpoints) => broughtOf(settings, endpoints),
  exports: async (settings) => new ExportRoots(await exportRootsOf(settings)),
  stores: async (settings) => {
    const objects = await objectsOf(settings);
    const { sources, secrets } = await sourcesOf(settings);
    const exports = await exportRootsOf(settings);
    return {
      ...{ objects: objects.storage, sources, exportRoots: exports.roots },
      secrets: { ...secrets, ...objects.secrets, ...exports.secrets },
    };
  },
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
  // Datacoord and datanodes write segments and remove them; others read.
  const writes = needs.some((need) => need === "bucket" || need === "stores");
  if (needs.some((need) => need !== "queue" && need !== "uploads"))
    cleanup.use(watchObjects(await objectsOf(all), writes, problems));
  // Who plans imports looks for all: a look of each datanode would tell nothing more.
  if (needs.some((need) => need === "sources")) cleanup.use(watchSources(await sourcesOf(all), metrics, problems));
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
