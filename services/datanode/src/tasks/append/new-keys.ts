import { type Column, varValue, views } from "@sluice/columns";
import { excerptOfBytes, ImportError } from "@sluice/errors";
import type { AppendedTo } from "@sluice/jobs";
import { type CollectionSchema, type FieldSchema, primaryKeyIndex, type StoredSegment } from "@sluice/schema";
import { readSegmentField, segmentParts } from "@sluice/segment";
import { KeyTable } from "../../sinks/unique/key-table.ts";
import { keyWordCount, keyWords } from "../../sinks/unique/key-words.ts";
import { LiveKeys } from "../merge/live-keys.ts";
import type { TaskContext } from "../task-kind.ts";

/** Memory of the keys that are looked for at once; where there are more, the collection is read again. */
const KEY_TABLE_BYTES = 64 << 20;

type Context = Pick<TaskContext, "stored" | "signal" | "visibleSegments">;

interface Keys {
  readonly column: Column;
  readonly rowCount: number;
}

/**
 * Compares the primary keys of new segments with those that a collection has now, of rows that are not deleted.
 * @throws {ImportError} `value_invalid` for a key that is there
 */
export async function checkNewKeys(
  made: readonly StoredSegment[],
  { collectionId, collectionName, schema }: AppendedTo & { readonly schema: CollectionSchema },
  context: Context,
): Promise<void> {
  const field = schema.fields[primaryKeyIndex(schema)];
  let table: KeyTable | undefined;
  const look = async () => table && refuseKnown(table, { collectionId, collectionName, field }, context);
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
  { stored, signal }: Context,
): AsyncGenerator<Keys> {
  for (const segment of segments)
    for (const part of segmentParts(segment)) yield await readSegmentField(stored, part, field, signal);
}

/** Reads the keys of the collection once. */
async function refuseKnown(
  table: KeyTable,
  { collectionId, collectionName, field }: AppendedTo & { readonly field: FieldSchema },
  context: Context,
): Promise<void> {
  const live = new LiveKeys(field, context);
  for (const segment of await context.visibleSegments([], 0n, collectionId)) {
    for (const part of segmentParts(segment)) {
      context.signal.throwIfAborted();
      const { column: keys, rowCount } = await readSegmentField(context.stored, part, field, context.signal);
      const column = segment.deltaLogs ? await live.only(keys, segment, part) : keys;
      const row = knownRow(table, { column, rowCount });
      if (row >= 0) throw known(keys, row, field, collectionName);
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
