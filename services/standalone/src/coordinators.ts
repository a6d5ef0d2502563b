import { join } from "node:path";
import { Leading, openEtcd, Peers } from "@sluice/cluster";
import { EmbeddedMetaStore, type MetaStore } from "@sluice/metastore";
import type { Address } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
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
    log: Logger,
    cleanup: AsyncDisposableStack,
  ): Promise<Coordinators> {
    if (!settings.etcd?.length) {
      const store = cleanup.use(await EmbeddedMetaStore.open({ path: join(dataDir, "meta") }));
      return new EmbeddedCoordinators(store, cleanup);
    }
    const store = cleanup.use(await openEtcd(settings));
    return new SharedCoordinators(store, cleanup.use(Peers.watch(store, log)), settings.sessionTtl, log, cleanup);
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

class SharedCoordinators extends Coordinators {
  readonly #store: MetaStore;
  readonly #peers: Peers;
  readonly #ttlMs: number;
  readonly #log: Logger;
  readonly #cleanup: AsyncDisposableStack;

  constructor(store: MetaStore, peers: Peers, ttlMs: number, log: Logger, cleanup: AsyncDisposableStack) {
    super();
    this.#store = store;
    this.#peers = peers;
    this.#ttlMs = ttlMs;
    this.#log = log;
    this.#cleanup = cleanup;
  }

  address(role: Role): Address {
    return this.#peers.address(role);
  }

  async serve(role: Role, serve: Serve): Promise<void> {
    const log = this.#log.child({ service: role });
    const advertise = (address: string) => address;
    this.#cleanup.use(new Leading({ role, ttlMs: this.#ttlMs, store: this.#store, log, serve, advertise }));
  }
}
