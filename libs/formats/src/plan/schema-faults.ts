import { excerpt, ImportError } from "@sluice/errors";

/** Faults that are told behind the first one, and characters of each. */
const MAX_TOLD = 8;
const MAX_CHARACTERS = 180;

/**
 * What is wrong with the columns of a file or a set, all of it before anything is thrown: whoever mends a file wants to do it
 * once. The error is that of the first fault, in the words that clients know, with the others behind it.
 */
export class SchemaFaults {
  readonly #errors: ImportError[] = [];
  readonly #fields = new Set<string>();

  /** Nothing was found so far. */
  get isEmpty(): boolean {
    return this.#errors.length === 0;
  }

  /** Whether a field has one already. */
  has(field: string): boolean {
    return this.#fields.has(field);
  }

  /** Of several faults of one field the first counts: the others follow from it. */
  add(error: ImportError): void {
    const field = error.at?.field;
    if (field !== undefined && this.has(field)) return;
    // What feeds two fields has one fault.
    if (this.#errors.some(({ reason }) => reason === error.reason)) return;
    if (field !== undefined) this.#fields.add(field);
    this.#errors.push(error);
  }

  /** What the check answers; undefined where it refuses, which is a fault. What is not the input's passes through. */
  attempt<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      this.#take(error);
      return undefined;
    }
  }

  /** `attempt` of what takes time. */
  async attemptAsync<T>(check: () => Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      this.#take(error);
      return undefined;
    }
  }

  #take(error: unknown): void {
    if (!(error instanceof ImportError) || error.spec.blame !== "input") throw error;
    this.add(error);
  }

  /** @throws {ImportError} when there is any */
  throwAny(): void {
    const [first, ...others] = this.#errors;
    if (!first) return;
    throw new ImportError(first.code, `${first.reason}${alsoTold(others)}`, first.at, { cause: first.cause });
  }
}

function alsoTold(errors: readonly ImportError[]): string {
  if (errors.length === 0) return "";
  const told = errors.slice(0, MAX_TOLD).map(({ reason }) => excerpt(reason, MAX_CHARACTERS));
  const more = errors.length > MAX_TOLD ? "; …" : "";
  return `; ${errors.length} more ${errors.length === 1 ? "fault" : "faults"}: ${told.join("; ")}${more}`;
}
