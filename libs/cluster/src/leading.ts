import { aborted, sleep } from "@sluice/async";
import { leaderKey } from "@sluice/catalog";
import { fencedMetaStore, type HeldKey, type MetaStore } from "@sluice/metastore";
import type { CounterMetric, GaugeMetric, Logger, Metrics } from "@sluice/telemetry";
import type { Problems } from "./problems.ts";
import type { RunningService } from "./role.ts";
import type { RoleName } from "./role-name.ts";
import { Session } from "./session.ts";
import { thisProcess } from "./this-process.ts";

/** Who wants to lead, and what it does then. */
export interface LeadingOptions {
  readonly role: RoleName;
  readonly ttlMs: number;
  readonly store: MetaStore;
  readonly log: Logger;
  readonly problems: Problems;
  readonly metrics: Metrics;
  /** Starts the service on a metastore that writes only while this process leads. */
  readonly serve: (store: MetaStore) => Promise<RunningService>;
  /** Where peers reach a server that listens on `address`. */
  readonly advertise: (address: string) => string;
}

/** Pause before the leadership is sought again after the service or the metastore failed. */
const RETRY_MS = 500;

/**
 * One active process of a role, the others stand by. Who holds `leader/<role>` serves; every write of the service is
 * guarded by that key, so that a leader that was paused, and does not know yet that another one took over, writes nothing.
 * A leader that loses the key stops its service and stands by.
 */
export class Leading implements AsyncDisposable {
  readonly #options: LeadingOptions;
  readonly #abort = new AbortController();
  readonly #leading: GaugeMetric<"role">;
  readonly #lost: CounterMetric<"role">;
  readonly #running: Promise<void>;
  #isLeading = false;

  constructor(options: LeadingOptions) {
    this.#options = options;
    const labels = ["role"] as const;
    this.#leading = options.metrics.gauge("sluice_leading", { help: "1 in the process that leads a role.", labels });
    this.#lost = options.metrics.counter("sluice_leaderships_lost_total", {
      help: "Times that a leader lost its lease: it was paused, starved, or cut off from etcd.",
      labels,
    });
    this.#set(false);
    this.#running = this.#run();
  }

  /** As far as this process knows: its writes are guarded besides. */
  get isLeading(): boolean {
    return this.#isLeading;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { role, log, problems } = this.#options;
    while (!signal.aborted) {
      try {
        await using held = await this.#campaign();
        if (!held) return;
        problems.set(`leading ${role}`, undefined);
        log.info("this process leads", { role });
        await this.#lead(held);
      } catch (error) {
        log.debug("leading failed; it is tried again", { role, err: error });
        problems.set(`leading ${role}`, (error as Error).message);
        await sleep(RETRY_MS, signal);
      }
    }
  }

  #campaign(): Promise<HeldKey | undefined> {
    const { role, ttlMs, store } = this.#options;
    const value = JSON.stringify(thisProcess);
    return store.hold({ key: leaderKey(role), value, ttlMs, signal: this.#abort.signal });
  }

  /** Serves until the leadership is lost or the process stops. The session ends first: nobody is sent here any more. */
  async #lead(held: HeldKey): Promise<void> {
    const { role, ttlMs, store, log, problems, serve, advertise } = this.#options;
    // Given up at once, before the service has ended, which may wait for storage: what it still writes is fenced off.
    const release = () => void Promise.resolve(held[Symbol.asyncDispose]()).catch(() => undefined);
    this.#abort.signal.addEventListener("abort", release, { once: true });
    using _ = { [Symbol.dispose]: () => this.#abort.signal.removeEventListener("abort", release) };
    await using service = await serve(fencedMetaStore(store, held));
    await using _session = new Session(store, { role, address: advertise(service.address ?? ""), ttlMs, problems });
    this.#set(true);
    try {
      await aborted(AbortSignal.any([held.lost, this.#abort.signal]));
      if (this.#abort.signal.aborted) return;
      this.#lost.add(1, { role });
      log.warn("this process leads no more: its lease was lost", { role });
    } finally {
      this.#set(false);
    }
  }

  #set(isLeading: boolean): void {
    this.#isLeading = isLeading;
    this.#leading.set(isLeading ? 1 : 0, { role: this.#options.role });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }
}
