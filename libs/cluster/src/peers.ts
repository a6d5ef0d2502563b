import { sleep } from "@sluice/async";
import { SESSIONS } from "@sluice/catalog";
import type { MetaEntry, MetaStore } from "@sluice/metastore";
import type { Endpoint } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import type { RoleName } from "./role-name.ts";
import type { ProcessIdentity } from "./this-process.ts";

/** What a process says of itself while it lives; the value of its session. */
export interface Presence extends ProcessIdentity {
  readonly role: RoleName;
  /** `host:port` of its gRPC server, or `process:NAME/NUMBER`; empty when it has none. */
  readonly address: string;
}

/** Pause before the metastore is asked again after it failed. */
const RETRY_MS = 200;

interface Peer {
  readonly presence: Presence;
  readonly revision: bigint;
  readonly gone: AbortController;
}

/**
 * The live processes of the cluster, by role, as their sessions in the metastore tell. While the metastore is away the last
 * known ones stay: connections show which of them are dead.
 */
export class Peers implements AsyncDisposable {
  readonly #store: MetaStore;
  readonly #log: Logger;
  readonly #peers = new Map<string, Peer>();
  readonly #abort = new AbortController();
  readonly #turns = new Map<RoleName, number>();
  /** Of each role, oldest first: asked for with each call, where hundreds of datanodes may live. */
  readonly #servingNow = new Map<RoleName, readonly Peer[]>();
  #changed = Promise.withResolvers<void>();
  #watching: Promise<void> = Promise.resolve();

  private constructor(store: MetaStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** Knows nobody at first; who asks for an address waits. */
  static watch(store: MetaStore, log: Logger): Peers {
    const peers = new Peers(store, log);
    peers.#watching = peers.#follow();
    return peers;
  }

  /** Processes of a role that offer a server, oldest first. */
  list(role: RoleName): Presence[] {
    return this.#serving(role).map(({ presence }) => presence);
  }

  /** Processes of a role that offer a server, oldest first, as they are called. */
  endpoints(role: RoleName): (Endpoint & Pick<Presence, "node">)[] {
    return this.#serving(role).map((peer) => ({ node: peer.presence.node, ...endpointOf(peer) }));
  }

  /** All processes that hold a session, by role, oldest first; also those that offer no server. */
  all(): Presence[] {
    const peers = [...this.#peers.values()].sort((a, b) => (a.revision < b.revision ? -1 : 1));
    return peers.map(({ presence }) => presence).sort((a, b) => a.role.localeCompare(b.role));
  }

  /**
   * Where to call a role: asked at each call. Of several processes each is named in turn; of coordinators there is one, but
   * for moments, and the newest leads. Waits while there is none.
   */
  address(role: RoleName): () => Endpoint | Promise<Endpoint> {
    return () => this.#choose(role) ?? this.#found(role);
  }

  async #found(role: RoleName): Promise<Endpoint> {
    for (;;) {
      if (this.#abort.signal.aborted) throw new Error("this process stops");
      await this.#changed.promise;
      const chosen = this.#choose(role);
      if (chosen) return chosen;
    }
  }

  #serving(role: RoleName): readonly Peer[] {
    const known = this.#servingNow.get(role);
    if (known) return known;
    const serving = [...this.#peers.values()]
      .filter(({ presence }) => presence.role === role && presence.address !== "")
      .sort((a, b) => (a.revision < b.revision ? -1 : 1));
    this.#servingNow.set(role, serving);
    return serving;
  }

  #choose(role: RoleName): Endpoint | undefined {
    const serving = this.#serving(role);
    if (serving.length === 0) return undefined;
    return endpointOf(
      role === "rootcoord" || role === "datacoord" ? serving[serving.length - 1] : this.#next(role, serving),
    );
  }

  #next(role: RoleName, serving: readonly Peer[]): Peer {
    const turn = (this.#turns.get(role) ?? 0) + 1;
    this.#turns.set(role, turn);
    return serving[turn % serving.length];
  }

  async #follow(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const round = new AbortController();
      try {
        const watching = AbortSignal.any([signal, round.signal]);
        const changes = this.#store.watch(SESSIONS, watching)[Symbol.asyncIterator]();
        let next = changes.next();
        for (;;) {
          await this.#refresh();
          if ((await next).done) break;
          next = changes.next();
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn("the sessions of the cluster cannot be read; the last known ones stay", { err: error });
        await sleep(RETRY_MS, signal);
      } finally {
        round.abort(); // A watch whose round has failed would go on for as long as the process lives.
      }
    }
  }

  async #refresh(): Promise<void> {
    const found = new Map<string, MetaEntry>();
    for await (const entry of this.#store.scan(SESSIONS)) found.set(entry.key, entry);
    for (const [key, peer] of this.#peers) {
      if (found.get(key)?.revision === peer.revision) continue;
      this.#peers.delete(key);
      this.#servingNow.clear();
      peer.gone.abort();
    }
    for (const [key, { value, revision }] of found) {
      if (this.#peers.has(key)) continue;
      this.#peers.set(key, { presence: JSON.parse(value) as Presence, revision, gone: new AbortController() });
    }
    this.#announce();
  }

  #announce(): void {
    this.#servingNow.clear();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#announce();
    await this.#watching;
  }
}

function endpointOf({ presence, gone }: Peer): Endpoint {
  return { address: presence.address, gone: gone.signal };
}
