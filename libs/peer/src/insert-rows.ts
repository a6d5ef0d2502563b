import { setTimeout as sleep } from "node:timers/promises";
import { type Column, takeRows } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import {
  bytesField,
  columnOfData,
  countKeys,
  insertData,
  joined,
  numberField,
  textField,
  toBuffer,
} from "@sluice/fields";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import { hasKey } from "./key-text.ts";
import type { MilvusPeer } from "./milvus-peer.ts";
import { keyTexts } from "./page-keys.ts";
import { peerName } from "./peer-place.ts";

/** Numbers of `milvus.InsertRequest`. */
const REQUEST = { dbName: 2, collectionName: 3, partitionName: 4, fieldsData: 5, rowCount: 7 };
const DEADLINE_MS = 60_000;
/** A peer that is busy is asked again so many times, each time after twice as long. */
const TRIES = 7;
const FIRST_PAUSE_MS = 250;
/** Fewer than a Milvus answers at most. */
const KEYS_PER_QUESTION = 4096;

/** Where rows go. */
export interface InsertTarget {
  readonly collectionName: string;
  /** "" where a partition key says it. */
  readonly partitionName: string;
  readonly schema: CollectionSchema;
}

/** Rows by columns, parallel to the fields of the schema; undefined for what a function computes. */
interface InsertedRows {
  readonly columns: readonly (Column | undefined)[];
  readonly rowCount: number;
}

/**
 * Inserts rows. Where some may be there already, since an answer was lost or an earlier attempt has sent them, the peer is asked
 * which, and gets the others: each row is there once.
 * @param mayBeThere an earlier attempt may have sent them
 * @throws {ImportError} `peer_refused`; `peer_unavailable` after some tries
 */
export async function insertRows(
  peer: MilvusPeer,
  target: InsertTarget,
  rows: InsertedRows,
  { mayBeThere, signal }: { readonly mayBeThere: boolean; readonly signal: AbortSignal },
): Promise<void> {
  let isKnown = !mayBeThere;
  for (let i = 1; ; i++) {
    try {
      const missing = isKnown ? rows : await missingRows(peer, target, rows, signal);
      if (missing.rowCount > 0)
        await send(peer, await messageOf(peer, target, missing, signal), missing.rowCount, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ImportError) || error.code !== "peer_unavailable" || i === TRIES) throw error;
      isKnown &&= wasAnswered(error);
    }
    await sleep(FIRST_PAUSE_MS * 2 ** i, undefined, { signal });
  }
}

async function messageOf(
  { place }: MilvusPeer,
  { collectionName, partitionName, schema }: InsertTarget,
  { columns, rowCount }: InsertedRows,
  signal: AbortSignal,
): Promise<Buffer> {
  const fields = await insertData(schema, columns, rowCount, signal);
  return toBuffer(
    joined(
      textField(REQUEST.dbName, place.dbName),
      textField(REQUEST.collectionName, collectionName),
      textField(REQUEST.partitionName, partitionName),
      ...fields.map((field) => bytesField(REQUEST.fieldsData, field)),
      numberField(REQUEST.rowCount, rowCount),
    ),
  );
}

/** Those whose keys the peer has not. */
async function missingRows(
  peer: MilvusPeer,
  { collectionName, schema }: InsertTarget,
  { columns, rowCount }: InsertedRows,
  signal: AbortSignal,
): Promise<InsertedRows> {
  const index = primaryKeyIndex(schema);
  const key = schema.fields[index];
  const keys = keyTexts(key, columns[index] as Column, rowCount);
  const there = new Set<string>();
  for (let from = 0; from < rowCount; from += KEYS_PER_QUESTION) {
    const filter = hasKey(key, keys.slice(from, from + KEYS_PER_QUESTION));
    const rows = { collectionName, partitionName: "", filter, readTs: 0n };
    const { fields } = await peer.query(rows, [key.name], {}, { signal });
    const found = fields.find(({ name }) => name === key.name);
    const count = found ? countKeys(key, found) : 0;
    if (found && count > 0)
      for (const text of keyTexts(key, columnOfData(key, found, count, schema.timezone), count)) there.add(text);
  }
  if (there.size === 0) return { columns, rowCount };
  const missing = Uint32Array.from(keys.keys()).filter((row) => !there.has(keys[row]));
  return { columns: columns.map((column) => column && takeRows(column, missing)), rowCount: missing.length };
}

async function send(peer: MilvusPeer, message: Buffer, rowCount: number, signal: AbortSignal): Promise<void> {
  const what = `an insert of ${rowCount} rows`;
  const settings = { deadlineMs: DEADLINE_MS, isOnce: true, signal };
  const { errIndex } = await peer.call(what, (client) => client.insert(message, settings));
  if (errIndex.length === 0) return;
  throw new ImportError("peer_refused", `${peerName(peer.place)}: ${what}: it did not take ${errIndex.length} of them`);
}

/** A refusal in so many words says that nothing was inserted; silence says nothing. */
function wasAnswered({ cause }: ImportError): boolean {
  return (cause as Error | undefined)?.cause === undefined;
}
