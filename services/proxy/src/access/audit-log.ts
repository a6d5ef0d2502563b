import { appendFileSync } from "node:fs";
import { excerpt } from "@sluice/errors";
import type { Logger } from "@sluice/telemetry";

/** One call. */
export interface AuditEntry {
  /** `""` where it is not known who calls. */
  readonly user: string;
  /** Of the method or route. */
  readonly call: string;
  readonly address: string;
  readonly dbName?: string;
  readonly collectionName?: string;
  readonly jobId?: string;
  /** User, role, group of privileges, key, alias or file that the call is about. */
  readonly about?: string;
  /** Whether a method that does both gives, or takes away. */
  readonly change?: "grant" | "revoke";
  /** What a user is given. */
  readonly role?: string;
  /** What a role is given. */
  readonly privilege?: string;
  readonly outcome: "done" | "failed" | "denied";
  readonly code: number;
}

/** Who guesses passwords fills no disk: of calls that are denied so many are written a second. */
const DENIED_A_SECOND = 20;
const MAX_CHARACTERS = 300;

/** Calls that change nothing and give no rows away that somebody counts on: there are thousands of them. */
const READS =
  /^(connect|check|describe|head|show|list|get|has|alloc|run_?[Aa]nalyzer|select|query|search|hybrid|advanced|errors|events|inspect|batchDescribe)/;

/**
 * One JSON object a line for each call that needs a privilege, whoever makes it. The file is opened anew for each line, so that
 * it may be moved away at any time.
 */
export class AuditLog {
  readonly #file: string;
  readonly #withReads: boolean;
  readonly #log: Logger;
  readonly #now: () => number;
  #second = 0;
  #denied = 0;
  #isBroken = false;

  /** @param withReads calls that read are written too */
  constructor(file: string, withReads: boolean, log: Logger, now: () => number = Date.now) {
    this.#file = file;
    this.#withReads = withReads;
    this.#log = log;
    this.#now = now;
  }

  /**
   * Calls that only read are left out unless the settings want them or they were denied; of many that are denied in a
   * second some are written, and the next line of one counts the others.
   */
  note({ call, outcome, ...entry }: AuditEntry): void {
    const name = call.slice(call.lastIndexOf("/") + 1);
    if (!this.#withReads && outcome !== "denied" && READS.test(name)) return;
    const more = outcome === "denied" ? this.#countDenied() : 0;
    if (more === undefined) return;
    const time = new Date(this.#now()).toISOString();
    const texts = Object.entries(entry).filter(([, value]) => value !== undefined && value !== "");
    const short = texts.map(([key, value]) => [
      key,
      typeof value === "string" ? excerpt(value, MAX_CHARACTERS) : value,
    ]);
    this.#write({ time, call, outcome, ...Object.fromEntries(short), ...(more > 0 && { more }) });
  }

  /** How many were left out since the last one; undefined for one that is left out. */
  #countDenied(): number | undefined {
    const second = Math.floor(this.#now() / 1000);
    if (second === this.#second) return ++this.#denied > DENIED_A_SECOND ? undefined : 0;
    const more = Math.max(0, this.#denied - DENIED_A_SECOND);
    [this.#second, this.#denied] = [second, 1];
    return more;
  }

  /** A disk that is full stops no call; the log of the process says so, once. */
  #write(line: object): void {
    try {
      appendFileSync(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
      this.#isBroken = false;
    } catch (error) {
      if (!this.#isBroken) this.#log.error("calls are not written to the audit log", { file: this.#file, err: error });
      this.#isBroken = true;
    }
  }
}
