import type { Guard, MetaEntry, MetaStore, Write } from "@sluice/metastore";
import { decodePlain, encodePlain } from "@sluice/schema";
import type { StagedWrite } from "./staged-writes.ts";
import { type KeyPart, keyOf, prefixOf, type RecordId, type Table } from "./table.ts";

/** A record as it was read. It is shared: nobody writes into it. */
export interface RecordEntry<T> {
  readonly key: string;
  readonly record: T;
  /** Of the entry: what a guard on it expects. */
  readonly revision: bigint;
}

/** Of the records that are kept decoded: a collection's is asked for with each call, and takes longer to decode than to read. */
const MAX_KNOWN = 64;
const MAX_KNOWN_LENGTH = 1 << 14;

/** Records of one kind, to be read. Decoding trusts what was encoded: only this program writes. */
export class RecordReader<T, Id extends RecordId> {
  protected readonly table: Table<T, Id>;
  readonly #store: MetaStore;
  readonly #known = new Map<string, { readonly value: string; readonly entry: RecordEntry<T> }>();

  constructor(store: MetaStore, table: Table<T, Id>) {
    this.#store = store;
    this.table = table;
  }

  /** Undefined where there is none. Always asks the store; only the decoding is spared. */
  async get(id: Id): Promise<RecordEntry<T> | undefined> {
    const entry = await this.#store.get(keyOf(this.table, id));
    if (!entry) return undefined;
    const known = this.#known.get(entry.key);
    // A key that was deleted and written anew in another store may have the same revision.
    if (known?.entry.revision === entry.revision && known.value === entry.value) return known.entry;
    return this.#remember(entry);
  }

  /** The record must still be the one of this revision. */
  guardAt(id: Id, revision: bigint): Guard {
    return { key: keyOf(this.table, id), revision };
  }

  /** Records are readonly, so that who asks again may get the same one. */
  #remember(entry: MetaEntry): RecordEntry<T> {
    const found = decoded<T>(entry);
    if (entry.value.length > MAX_KNOWN_LENGTH) return found;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(entry.key, { value: entry.value, entry: found });
    return found;
  }

  /**
   * Records in byte order of key, which for ids is not the order of numbers.
   * @param first leading parts of ids: only records below them, such as `[jobId]` for the tasks of a job
   * @param after an id: only records whose keys come behind its key
   */
  async *scan(first: readonly KeyPart[] = [], after?: Id): AsyncGenerator<RecordEntry<T>> {
    const lastKey = after === undefined ? undefined : keyOf(this.table, after);
    for await (const entry of this.#store.scan(prefixOf(this.table, first), lastKey)) yield decoded<T>(entry);
  }
}

/**
 * The same for the one who writes them. Transactions over several records take their guards and writes from here:
 * ```ts
 * await store.commit({
 *   guards: [collections.guard(entry), names.absent([db, name])],
 *   writes: [collections.write(next), names.write({ dbName: db, name, kind: "alias", collectionId })],
 * });
 * ```
 * Who keeps a copy of the records in memory stages its writes instead, see `commitStaged`.
 */
export class RecordTable<T, Id extends RecordId> extends RecordReader<T, Id> {
  /** The record must still be the one that was read. */
  guard(entry: RecordEntry<T>): Guard {
    return { key: entry.key, revision: entry.revision };
  }

  /** There must be no record. */
  absent(id: Id): Guard {
    return { key: keyOf(this.table, id), revision: 0n };
  }

  /** A record that is not stored: what replaces it must be new. */
  unstored(record: T): RecordEntry<T> {
    return { key: keyOf(this.table, this.table.idOf(record)), record, revision: 0n };
  }

  /** Puts the record, whatever is there: guards are apart. */
  write(record: T): Write {
    return { key: keyOf(this.table, this.table.idOf(record)), value: encodePlain(record) };
  }

  /** One that is not there changes nothing. */
  remove(id: Id): Write {
    return { key: keyOf(this.table, id), value: undefined };
  }

  /**
   * A record that replaces the one that was read, or, where none was, must be new.
   * @param settle takes what is stored in the end, see `StagedWrite`
   */
  stage(
    record: T,
    read: RecordEntry<T> | undefined,
    settle: (stored: RecordEntry<T> | undefined) => void,
  ): StagedWrite {
    const write = this.write(record);
    return {
      guard: { key: write.key, revision: read?.revision ?? 0n },
      write,
      // What was written is what was encoded: it need not be decoded again.
      settle: (stored) => settle(stored && (stored.value === write.value ? { ...stored, record } : decoded(stored))),
    };
  }

  /** Writes a record over whatever it was: for one of which nobody else writes. `settle` is called once it is stored. */
  stageOver(record: T, settle: () => void): StagedWrite {
    return { guard: undefined, write: this.write(record), settle };
  }

  /** Deletes a record whatever it is. `settle` is called with undefined once it is gone. */
  stageRemoval(id: Id, settle: (stored: RecordEntry<T> | undefined) => void): StagedWrite {
    return {
      guard: undefined,
      write: this.remove(id),
      settle: (stored) => settle(stored && decoded(stored)),
    };
  }
}

function decoded<T>({ key, value, revision }: MetaEntry): RecordEntry<T> {
  return { key, record: decodePlain(value) as T, revision };
}
