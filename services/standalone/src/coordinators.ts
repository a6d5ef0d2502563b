import { join } from "node:path";
import { Leading, openEtcd, Peers } from "@sluice/cluster";
import { EmbeddedMetaStore, type MetaStore, measuredMetaStore } from "@sluice/metastore";
import type { Address } from "@sluice/rpc";
import { type Logger, type Metrics, observeMetaStore, type Telemetry } from "@sluice/telemetry";
import type { StandaloneSettings } from "./settings.ts";

type Role = "rootcoord" | "datacoord";
type Serve = (store: MetaStore) => Promise<AsyncDisposable & { readonly address: string }>;

/**
 * Where the state is kept decides how the coordinators run: on the embedded metastore, which one process owns, they simply
 * start; on etcd, which others may share, they lead or stand by, and the leaders are found through their sessions.
 */
export abstract class Coordinators {
  /** How the services of this process reach a coordinator, which may not be there yet. */
  abstract address(role: Role): Address;
  /** Starts a coordinator, or lets it stand by. It ends with the process. */
  abstract serve(role: Role, serve: Serve): Promise<void>;

  static async open(
    settings: StandaloneSettings,
    dataDir: string,
    { log, metrics }: Telemetry,
    cleanup: AsyncDisposableStack,
  ): Promise<Coordinators> {
    if (!settings.etcd?.length) {
      const store = cleanup.use(await EmbeddedMetaStore.open({ path: join(dataDir, "meta") }));
      return new EmbeddedCoordinators(measuredMetaStore(store, observeMetaStore(metrics)), cleanup);
    }
    const etcd = cleanup.use(await openEtcd(settings));
    const store = measuredMetaStore(etcd, observeMetaStore(metrics));
    const peers = cleanup.use(Peers.watch(store, log));
    return new SharedCoordinators({ store, peers, ttlMs: settings.sessionTtl, log, metrics }, cleanup);
  }
}

class EmbeddedCoordinators extends Coordinators {
  readonly #store: MetaStore;
  readonly #cleanup: AsyncDisposableStack;
  readonly #addresses = {
    rootcoord: Promise.withResolvers<string>(),
    datacoord: Promise.withResolvers<string>(),
  };

  constructor(store: MetaStore, cleanup: AsyncDisposableStack) {
    super();
    this.#store = store;
    this.#cleanup = cleanup;
  }

  address(role: Role): Address {
    return () => this.#addresses[role].promise;
  }

  async serve(role: Role, serve: Serve): Promise<void> {
    const service = this.#cleanup.use(await serve(this.#store));
    this.#addresses[role].resolve(service.address);
  }
}

interface SharedParts {
  readonly store: MetaStore;
  readonly peers: Peers;
  readonly ttlMs: number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

class SharedCoordinators extends Coordinators {
  readonly #parts: SharedParts;
  readonly #cleanup: AsyncDisposableStack;

  constructor(parts: SharedParts, cleanup: AsyncDisposableStack) {
    super();
    this.#parts = parts;
    this.#cleanup = cleanup;
  }

  address(role: Role): Address {
    return this.#parts.peers.address(role);
  }

  async serve(role: Role, serve: Serve): Promise<void> {
    const { store, ttlMs, metrics } = this.#parts;
    const log = this.#parts.log.child({ service: role });
    const advertise = (address: string) => address;
    this.#cleanup.use(new Leading({ role, ttlMs, store, log, metrics, serve, advertise }));
  }
}
