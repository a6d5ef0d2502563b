/** Part of a record's key: an id in decimal, or a name. */
export type KeyPart = bigint | number | string;
/** One part, or several where records are found by what they belong to: `[jobId, taskId]`. */
export type RecordId = KeyPart | readonly KeyPart[];

/**
 * Where the records of one kind lie: the keys `<name>/<id>` of a metastore, or `<name>/<part>/<part>`. Nothing else of the
 * program knows a key. The writer of a table opens it as a `RecordTable`, everybody else as a `RecordReader`:
 * ```ts
 * const jobs = new RecordReader(store, JOBS);
 * const job = (await jobs.get(jobId(5n)))?.record;
 * ```
 */
export interface Table<T, Id extends RecordId> {
  readonly name: string;
  /** Every record tells its own id, so that it cannot be written under another one's key. */
  readonly idOf: (record: T) => Id;
}

/** Names are escaped where they hold `/` or `%`, so that two ids never share a key. */
export function keyOf({ name }: { readonly name: string }, id: RecordId): string {
  return `${name}/${partsOf(id).map(escapePart).join("/")}`;
}

/** What the keys of a table begin with, or those below the leading parts of its ids. */
export function prefixOf({ name }: { readonly name: string }, first: readonly KeyPart[] = []): string {
  return [name, ...first.map(escapePart), ""].join("/");
}

function partsOf(id: RecordId): readonly KeyPart[] {
  return Array.isArray(id) ? id : [id as KeyPart];
}

function escapePart(part: KeyPart): string {
  const text = String(part);
  return typeof part === "string" ? text.replace(/[%/]/g, encodeURIComponent) : text;
}
