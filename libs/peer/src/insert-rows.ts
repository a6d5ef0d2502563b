import { setTimeout as sleep } from "node:timers/promises";
import type { Column } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { bytesField, insertData, joined, numberField, textField, toBuffer } from "@sluice/fields";
import type { CollectionSchema } from "@sluice/schema";
import type { MilvusPeer } from "./milvus-peer.ts";
import { peerName } from "./peer-place.ts";

/** Numbers of `milvus.InsertRequest`, which `UpsertRequest` has too. */
const REQUEST = { dbName: 2, collectionName: 3, partitionName: 4, fieldsData: 5, rowCount: 7 };
const DEADLINE_MS = 60_000;
/** A peer that is busy is asked again so many times, each time after twice as long. */
const TRIES = 7;
const FIRST_PAUSE_MS = 250;

/** Where rows go. */
export interface InsertTarget {
  readonly collectionName: string;
  /** "" where a partition key says it. */
  readonly partitionName: string;
  readonly schema: CollectionSchema;
}

/**
 * Inserts rows. Where they may be there already, since an answer was lost or an earlier attempt has sent some, they are put in
 * the place of those with their keys, so that each is there once.
 * @param mayBeThere an earlier attempt may have sent them
 * @throws {ImportError} `peer_refused`; `peer_unavailable` after some tries
 */
export async function insertRows(
  peer: MilvusPeer,
  { collectionName, partitionName, schema }: InsertTarget,
  rows: { readonly columns: readonly (Column | undefined)[]; readonly rowCount: number },
  { mayBeThere, signal }: { readonly mayBeThere: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const fields = await insertData(schema, rows.columns, rows.rowCount, signal);
  const message = toBuffer(
    joined(
      textField(REQUEST.dbName, peer.place.dbName),
      textField(REQUEST.collectionName, collectionName),
      textField(REQUEST.partitionName, partitionName),
      ...fields.map((field) => bytesField(REQUEST.fieldsData, field)),
      numberField(REQUEST.rowCount, rows.rowCount),
    ),
  );
  const hasAutomaticKeys = schema.fields.some(({ isPrimaryKey, autoId }) => isPrimaryKey && autoId);
  let isKnown = !mayBeThere;
  for (let i = 1; ; i++) {
    if (!isKnown && hasAutomaticKeys) throw unknownRows(peer, collectionName);
    try {
      return await send(peer, message, rows.rowCount, isKnown ? "insert" : "upsert", signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ImportError) || error.code !== "peer_unavailable" || i === TRIES) throw error;
      isKnown &&= wasAnswered(error);
    }
    await sleep(FIRST_PAUSE_MS * 2 ** i, undefined, { signal });
  }
}

async function send(
  peer: MilvusPeer,
  message: Buffer,
  rowCount: number,
  method: "insert" | "upsert",
  signal: AbortSignal,
): Promise<void> {
  const what = `${method} of ${rowCount} rows`;
  const settings = { deadlineMs: DEADLINE_MS, isOnce: true, signal };
  const { errIndex } = await peer.call(what, (client) => client[method](message, settings));
  if (errIndex.length === 0) return;
  throw new ImportError("peer_refused", `${peerName(peer.place)}: ${what}: it did not take ${errIndex.length} of them`);
}

/** A refusal in so many words says that nothing was inserted; silence says nothing. */
function wasAnswered({ cause }: ImportError): boolean {
  return (cause as Error | undefined)?.cause === undefined;
}

function unknownRows(peer: MilvusPeer, collectionName: string): ImportError {
  const reason = `${peerName(peer.place)}: an answer was lost, so it is not known which rows ${collectionName} has, and rows with automatic keys are not put in the place of others: drop it there, and copy again`;
  return new ImportError("peer_refused", reason);
}
