import type { Logger } from "@sluice/telemetry";

/** What `/readyz` answers. */
export interface Readiness {
  readonly status: 200 | 503;
  /** `OK`, or what the process waits for; then a line `degraded: PART: REASON` for each part that it does without. */
  readonly body: string;
}

/**
 * What keeps a process from its work, or from a part of it, by the part that has it. Each is logged when it begins, changes
 * and ends: once.
 */
export class Problems {
  readonly #log: Logger;
  readonly #reasons = new Map<string, string>();
  readonly #degraded = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param reason for people; undefined when there is no problem (any more) */
  set(part: string, reason: string | undefined): void {
    this.#note(this.#reasons, part, reason);
  }

  /** The same of a part without which the process serves everything else: it stays ready. */
  degrade(part: string, reason: string | undefined): void {
    this.#note(this.#degraded, part, reason);
  }

  /**
   * A process that does without a part stays ready: taken from its load balancer it would serve nobody, and the others lack the
   * same part.
   * @param waitsFor what the process says itself; undefined when it is ready to serve, or to take over
   */
  readiness(waitsFor: string | undefined): Readiness {
    const reason = this.#reasons.size > 0 ? [...this.#reasons.values()].join("; ") : waitsFor;
    const degraded = [...this.#degraded].map(([part, text]) => `degraded: ${part}: ${text}`);
    return { status: reason === undefined ? 200 : 503, body: [reason ?? "OK", ...degraded].join("\n") };
  }

  #note(reasons: Map<string, string>, part: string, reason: string | undefined): void {
    const known = reasons.get(part);
    if (reason === known) return;
    if (reason === undefined) {
      reasons.delete(part);
      this.#log.warn("a backend serves again", { backend: part });
    } else {
      reasons.set(part, reason);
      this.#log.warn("a backend does not serve", { backend: part, reason });
    }
  }
}
