import { randomUUID } from "node:crypto";
import { aborted, sleep } from "@sluice/async";
import { sessionKey } from "@sluice/catalog";
import type { HeldKey, MetaStore } from "@sluice/metastore";
import type { Presence } from "./peers.ts";
import type { Problems } from "./problems.ts";
import type { RoleName } from "./role-name.ts";
import { thisProcess } from "./this-process.ts";

/** What a process tells of itself, and how long that outlives its silence. */
export interface SessionOptions {
  readonly role: RoleName;
  /** `host:port` of the gRPC server, empty when there is none. */
  readonly address: string;
  readonly ttlMs: number;
  readonly problems: Problems;
}

/** Pause before the session is opened again after the metastore failed. */
const RETRY_MS = 200;

/** Keeps this process known to its peers: a session that was lost is opened again, until it is disposed of. */
export class Session implements AsyncDisposable {
  readonly #store: MetaStore;
  readonly #options: SessionOptions;
  readonly #presence: Presence;
  readonly #abort = new AbortController();
  readonly #keeping: Promise<void>;
  #isHeld = false;

  constructor(store: MetaStore, options: SessionOptions) {
    this.#store = store;
    this.#options = options;
    const { role, address } = options;
    this.#presence = { role, address, ...thisProcess };
    this.#keeping = this.#keep();
  }

  /** Whether peers can find this process now. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await using held = await this.#open();
        if (!held) return;
        this.#isHeld = true;
        this.#options.problems.set("session", undefined);
        await aborted(AbortSignal.any([held.lost, signal]));
      } catch (error) {
        this.#options.problems.set("session", (error as Error).message);
        await sleep(RETRY_MS, signal);
      } finally {
        this.#isHeld = false;
      }
    }
  }

  #open(): Promise<HeldKey | undefined> {
    const { role, ttlMs } = this.#options;
    const key = sessionKey(role, randomUUID());
    return this.#store.hold({ key, value: JSON.stringify(this.#presence), ttlMs, signal: this.#abort.signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#keeping;
  }
}
