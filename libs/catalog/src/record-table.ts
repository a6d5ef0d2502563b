import type { Guard, MetaStore, Write } from "@sluice/metastore";
import { decodeRecord, encodeRecord } from "./record.ts";

/** Part of a record's key: an id in decimal, or a name. */
export type KeyPart = bigint | number | string;
/** One part, or several where records are found by what they belong to: `[jobId, taskId]`. */
export type RecordId = KeyPart | readonly KeyPart[];

export interface RecordEntry<T> {
  readonly key: string;
  readonly record: T;
  /** Of the entry: what a guard on it expects. */
  readonly revision: bigint;
}

/** Writers that meet on one record win in turn; so many losses in a row mean that something is wrong. */
const maxUpdateAttempts = 100;

/**
 * Records of one kind, typed: the keys `<name>/<id>` of a metastore, or `<name>/<part>/<part>`. Names in keys are escaped
 * where they hold `/` or `%`, so two ids never share a key. Decoding trusts what was encoded: only this program writes.
 *
 * Transactions over several records take their guards and writes from here:
 * ```ts
 * await store.commit({
 *   guards: [jobs.guard(jobEntry), names.absent([db, name])],
 *   writes: [jobs.write(jobId, next), tasks.remove([jobId, taskId])],
 * });
 * ```
 */
export class RecordTable<T, Id extends RecordId> {
  readonly name: string;
  readonly #store: MetaStore;

  constructor(store: MetaStore, name: string) {
    this.#store = store;
    this.name = name;
  }

  key(id: Id): string {
    return `${this.name}/${parts(id).map(escapePart).join("/")}`;
  }

  async get(id: Id): Promise<RecordEntry<T> | undefined> {
    const entry = await this.#store.get(this.key(id));
    return entry && { key: entry.key, record: decodeRecord(entry.value) as T, revision: entry.revision };
  }

  /**
   * Records in byte order of key, which for ids is not the order of numbers.
   * @param first leading parts of ids: only records below them, such as `[jobId]` for the tasks of a job
   */
  async *scan(first: readonly KeyPart[] = []): AsyncGenerator<RecordEntry<T>> {
    const prefix = [this.name, ...first.map(escapePart), ""].join("/");
    for await (const { key, value, revision } of this.#store.scan(prefix)) {
      yield { key, record: decodeRecord(value) as T, revision };
    }
  }

  /** Writes the record whatever is there. Resolves to its revision. */
  async put(id: Id, record: T): Promise<bigint> {
    const revision = await this.#store.commit({ guards: [], writes: [this.write(id, record)] });
    return revision!; // Only a guard could fail.
  }

  /** Writes the record when there is none yet; false when there is. */
  async create(id: Id, record: T): Promise<boolean> {
    return (await this.#store.commit({ guards: [this.absent(id)], writes: [this.write(id, record)] })) !== undefined;
  }

  async delete(id: Id): Promise<void> {
    await this.#store.commit({ guards: [], writes: [this.remove(id)] });
  }

  /**
   * Changes a record in place: `change` gets the current one and returns the next, or undefined to leave it. It is called
   * again when somebody else was faster. Resolves to the entry as it is then, or to undefined when there is no record.
   */
  async update(id: Id, change: (record: T) => T | undefined): Promise<RecordEntry<T> | undefined> {
    for (let attempt = 1; attempt <= maxUpdateAttempts; attempt++) {
      const entry = await this.get(id);
      const next = entry && change(entry.record);
      if (entry === undefined || next === undefined) return entry;
      const revision = await this.#store.commit({ guards: [this.guard(entry)], writes: [this.write(id, next)] });
      if (revision !== undefined) return { key: entry.key, record: next, revision };
    }
    throw new Error(`the record ${this.key(id)} changed ${maxUpdateAttempts} times while it was being updated`);
  }

  /** For a transaction: the record must still be the one that was read. */
  guard(entry: RecordEntry<T>): Guard {
    return { key: entry.key, revision: entry.revision };
  }

  /** For a transaction: there must be no record. */
  absent(id: Id): Guard {
    return { key: this.key(id), revision: 0n };
  }

  write(id: Id, record: T): Write {
    return { key: this.key(id), value: encodeRecord(record) };
  }

  remove(id: Id): Write {
    return { key: this.key(id), value: undefined };
  }

  /** Wakes up on changes of this table, or below the leading parts of ids; as `MetaStore.watch`. */
  watch(signal: AbortSignal, first: readonly KeyPart[] = []): AsyncIterable<ReadonlySet<string>> {
    return this.#store.watch([this.name, ...first.map(escapePart), ""].join("/"), signal);
  }
}

function parts(id: RecordId): readonly KeyPart[] {
  return Array.isArray(id) ? id : [id as KeyPart];
}

function escapePart(part: KeyPart): string {
  const text = String(part);
  return typeof part === "string" ? text.replace(/[%/]/g, encodeURIComponent) : text;
}
