import type { Logger } from "@sluice/telemetry";

/** What keeps a process from its work, by the part that has it. Each is logged when it begins, changes and ends: once. */
export class Problems {
  readonly #log: Logger;
  readonly #reasons = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param reason for people; undefined when there is no problem (any more) */
  set(part: string, reason: string | undefined): void {
    const known = this.#reasons.get(part);
    if (reason === known) return;
    if (reason === undefined) {
      this.#reasons.delete(part);
      this.#log.warn("a backend serves again", { backend: part });
    } else {
      this.#reasons.set(part, reason);
      this.#log.warn("a backend does not serve", { backend: part, reason });
    }
  }

  /** All of them, in one line; undefined when there is none. */
  get summary(): string | undefined {
    return this.#reasons.size === 0 ? undefined : [...this.#reasons.values()].join("; ");
  }
}
