import { type Column, varValue, views } from "@sluice/columns";
import { excerptOfBytes, ImportError } from "@sluice/errors";
import type { AppendedTo } from "@sluice/jobs";
import { type FieldSchema, primaryKeyIndex, type StoredSegment } from "@sluice/schema";
import { readSegmentField, segmentParts } from "@sluice/segment";
import { KeyTable } from "../../sinks/unique/key-table.ts";
import { keyWordCount, keyWords } from "../../sinks/unique/key-words.ts";
import { type LiveInput, LiveRows } from "../export/live-rows.ts";
import type { TaskContext } from "../task-kind.ts";

/** Memory of the keys that are looked for at once; where there are more, the collection is read again. */
const KEY_TABLE_BYTES = 64 << 20;

/** The collection, and the moment of the copy, by which rows have expired. */
type Target = AppendedTo & Pick<LiveInput, "schema" | "timestamp">;

interface Keys {
  readonly column: Column;
  readonly rowCount: number;
}

/**
 * Compares the primary keys of new segments with those that a collection has now, of rows that are neither deleted nor expired.
 * @throws {ImportError} `value_invalid` for a key that is there
 */
export async function checkNewKeys(
  made: readonly StoredSegment[],
  target: Target,
  context: TaskContext,
): Promise<void> {
  const field = target.schema.fields[primaryKeyIndex(target.schema)];
  let table: KeyTable | undefined;
  const look = async () => table && refuseKnown(table, target, context);
  for await (const { column, rowCount } of keysOf(made, field, context)) {
    const perKey = keyWordCount(column);
    const words = keyWords(column, rowCount);
    table ??= new KeyTable(perKey, KEY_TABLE_BYTES);
    for (let row = 0; row < rowCount; row++) {
      if (table.put(words, row * perKey, row, false) !== false) continue;
      await look();
      table = new KeyTable(perKey, KEY_TABLE_BYTES);
      table.put(words, row * perKey, row, false);
    }
  }
  await look();
}

async function* keysOf(
  segments: readonly StoredSegment[],
  field: FieldSchema,
  { stored, signal }: TaskContext,
): AsyncGenerator<Keys> {
  for (const segment of segments)
    for (const part of segmentParts(segment)) yield await readSegmentField(stored, part, field, signal);
}

/** Reads the keys of the collection once. */
async function refuseKnown(table: KeyTable, target: Target, context: TaskContext): Promise<void> {
  const { collectionId, collectionName, schema } = target;
  const field = schema.fields[primaryKeyIndex(schema)];
  const live = new LiveRows({ ...target, filter: "", output: { ...schema, fields: [field] } }, context);
  for (const segment of await context.visibleSegments([], 0n, collectionId)) {
    if (live.isNone(segment)) continue;
    for (const part of segmentParts(segment)) {
      context.signal.throwIfAborted();
      const { columns, rowCount, memory } = await live.read({ ...part, memoryBytes: 0 }, segment);
      using _ = memory;
      const row = rowCount > 0 ? knownRow(table, { column: columns[0], rowCount }) : -1;
      if (row >= 0) throw known(columns[0], row, field, collectionName);
    }
  }
}

/** The first row whose key is in the table, or -1. */
function knownRow(table: KeyTable, { column, rowCount }: Keys): number {
  const perKey = keyWordCount(column);
  const words = keyWords(column, rowCount);
  for (let row = 0; row < rowCount; row++)
    if (column.validity?.[row] !== 0 && table.rowOf(words, row * perKey) >= 0) return row;
  return -1;
}

function known(keys: Column, row: number, { name }: FieldSchema, collectionName: string): ImportError {
  const key = keys.kind === "var" ? `"${excerptOfBytes(varValue(keys, row))}"` : views.int64(keys, row + 1)[row];
  const reason = `primary key ${key} is in "${collectionName}" already: append takes rows with new keys alone; delete these there first, or replace the collection`;
  return new ImportError("value_invalid", reason, { field: name });
}
