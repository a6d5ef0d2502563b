import { sleep } from "@sluice/async";
import type { Etcd3, Lease } from "etcd3";

/** etcd counts whole seconds, and rejects less than one. */
const secondsOf = (ttlMs: number) => Math.max(1, Math.ceil(ttlMs / 1000));
/** Pause after a renewal that failed. */
const RETRY_MS = 250;

/**
 * A lease of this process, kept alive until it is ended. It is lost when etcd says so, and also when no renewal was
 * confirmed for its time by this process's own clock, which goes on while the process is stopped: a process that wakes
 * after a pause knows at its next turn that others may hold its keys.
 */
export class EtcdLease {
  /** As etcd writes it, a decimal number. */
  readonly id: string;
  readonly #lease: Lease;
  readonly #ttlMs: number;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly #watchdog: NodeJS.Timeout;
  /** When the last renewal was sent that was confirmed. */
  #confirmedMs: number;

  private constructor(lease: Lease, id: string, ttlMs: number, grantedMs: number) {
    this.#lease = lease;
    this.id = id;
    this.#ttlMs = ttlMs;
    this.#confirmedMs = grantedMs;
    this.#watchdog = setInterval(() => this.#check(), ttlMs / 10);
    void this.#renew();
  }

  /** @throws what etcd throws */
  static async grant(client: Etcd3, ttlMs: number): Promise<EtcdLease> {
    const grantedMs = performance.now();
    const lease = client.lease(secondsOf(ttlMs), { autoKeepAlive: false });
    lease.on("lost", () => {}); // Renewals and the watchdog see it; without a listener the event would end the process.
    return new EtcdLease(lease, await lease.grant(), ttlMs, grantedMs);
  }

  /** Looks at the clock first: right also in a process that has just woken up, before any timer ran. */
  get lost(): AbortSignal {
    this.#check();
    return this.#lost.signal;
  }

  /** Aborts when it is renewed no more: it was lost or given up. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  #check(): void {
    if (!this.#ended.signal.aborted && performance.now() - this.#confirmedMs > this.#ttlMs) this.#lose();
  }

  #lose(): void {
    clearInterval(this.#watchdog);
    this.#ended.abort();
    this.#lost.abort();
  }

  async #renew(): Promise<void> {
    const { signal } = this.#ended;
    let pauseMs = this.#ttlMs / 4;
    for (;;) {
      await sleep(pauseMs, signal);
      if (signal.aborted) return;
      const sentMs = performance.now();
      try {
        await this.#lease.keepaliveOnce({ deadline: Date.now() + this.#ttlMs / 2 });
        this.#confirmedMs = sentMs;
        pauseMs = this.#ttlMs / 4;
      } catch {
        // Gone, or no answer: the lease says which, and the watchdog ends what is not renewed in time.
        if (this.#lease.revoked()) this.#lose();
        pauseMs = Math.min(this.#ttlMs / 4, RETRY_MS);
      }
    }
  }

  /** Gives the lease up, also one that was lost; its keys vanish at once when etcd can be reached, else after its time. */
  async end(): Promise<void> {
    clearInterval(this.#watchdog);
    this.#ended.abort();
    await this.#lease.revoke({ deadline: Date.now() + 1000 }).catch(() => undefined);
  }
}
