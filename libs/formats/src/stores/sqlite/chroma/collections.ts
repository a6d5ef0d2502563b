import type { SqlDatabase, SqlValue } from "@sluice/sqlite";

/** A collection of Chroma. */
export interface ChromaCollection {
  /** With that of its database before a `/` where there are several. */
  readonly name: string;
  readonly id: string;
  /** Ids of its segments, undefined where it has none of the kind. */
  readonly vectors: string | undefined;
  readonly metadata: string | undefined;
  readonly space: string;
}

/** Whether the database is Chroma's. */
export function isChroma(db: SqlDatabase): boolean {
  return ["collections", "segments", "embeddings", "embeddings_queue"].every((name) => db.hasTable(name));
}

/** With the database before the name where there are several. */
export async function collectionsOf(db: SqlDatabase): Promise<ChromaCollection[]> {
  const segments = await rowsOf(db, "segments", ["id", "scope", "collection"]);
  const segmentOf = (collection: string, scope: string) =>
    segments.find((segment) => segment.collection === collection && segment.scope === scope)?.id;
  const spaces = await spacesOf(db);
  const databases = db.hasTable("databases") ? await rowsOf(db, "databases", ["id", "name"]) : [];
  const found = await rowsOf(db, "collections", ["id", "name", "database_id", "config_json_str", "schema_str"]);
  const areSeveral = new Set(found.map(({ database_id }) => database_id)).size > 1;
  return found.map((row) => {
    const database = databases.find(({ id }) => id === row.database_id)?.name;
    return {
      name: areSeveral ? `${database}/${row.name}` : row.name,
      id: row.id,
      vectors: segmentOf(row.id, "VECTOR"),
      metadata: segmentOf(row.id, "METADATA"),
      space: configuredSpace(row) ?? spaces.get(row.id) ?? "l2",
    };
  });
}

/** Text of columns; "" for those that this version of Chroma has not. */
async function rowsOf<K extends string>(
  db: SqlDatabase,
  name: string,
  wanted: readonly K[],
): Promise<Record<K, string>[]> {
  const table = db.table(name);
  const at = wanted.map((column) => table.columns.findIndex((one) => one.name === column));
  const rows: Record<K, string>[] = [];
  for await (const batch of table.rows())
    for (let row = 0; row < batch.count; row++) {
      const record = batch.record(row);
      const values = at.map((column) => textOf(column < 0 ? null : record.value(column)));
      rows.push(Object.fromEntries(wanted.map((key, i) => [key, values[i]])) as Record<K, string>);
    }
  return rows;
}

function textOf(value: SqlValue): string {
  return value === null ? "" : `${value}`;
}

/** As metadata of the collection tell it, which Chroma takes until 1.0. */
async function spacesOf(db: SqlDatabase): Promise<Map<string, string>> {
  if (!db.hasTable("collection_metadata")) return new Map();
  const all = await rowsOf(db, "collection_metadata", ["collection_id", "key", "str_value"]);
  return new Map(all.filter(({ key }) => key === "hnsw:space").map((row) => [row.collection_id, row.str_value]));
}

/** As configurations of its versions tell it: that of 1.x with a schema, and those before. */
function configuredSpace({
  config_json_str,
  schema_str,
}: Record<"config_json_str" | "schema_str", string>): string | undefined {
  const paths: readonly (readonly [string, readonly string[]])[] = [
    [schema_str, ["keys", "#embedding", "float_list", "vector_index", "config", "space"]],
    [config_json_str, ["hnsw", "space"]],
    [config_json_str, ["hnsw_configuration", "space"]],
  ];
  return paths.map(([text, path]) => memberAt(text, path)).find((space) => typeof space === "string") as
    | string
    | undefined;
}

function memberAt(text: string, path: readonly string[]): unknown {
  try {
    return path.reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], JSON.parse(text || "{}"));
  } catch {
    // A configuration that is no JSON says nothing.
    return undefined;
  }
}
