import { decodeDeltaLog, encodeDeltaLog } from "@sluice/binlog";
import { type DeletedKeys, deletedKeys } from "@sluice/columns";
import type { ObjectReads, ObjectWrites } from "@sluice/object-store";
import type { FieldLogs, FieldSchema } from "@sluice/schema";
import { damagedAsInternal, readWhole } from "./read-segment.ts";
import { deltaLogKey, type SegmentPlace } from "./segment-keys.ts";
import type { SegmentLogs } from "./segment-logs.ts";

/** Deletes by key: entry n of both lists belongs together. */
export interface KeyDeletes {
  readonly keys: readonly (bigint | string)[];
  /** Hybrid. */
  readonly timestamps: readonly bigint[];
}

/** Deletes of the rows of segments, of all their delta logs. @throws as `readSegmentField` */
export async function readDeletes(
  store: ObjectReads,
  segments: readonly SegmentLogs[],
  key: FieldSchema,
  signal?: AbortSignal,
): Promise<DeletedKeys> {
  const deletes = deletedKeys(key.dataType);
  for (const segment of segments)
    for (const logs of segment.deltaLogs ?? [])
      for (const index of logs.logIds.keys()) addAll(deletes, await readDeltaLog(store, segment, logs, index, signal));
  return deletes;
}

function addAll(deletes: DeletedKeys, { keys, timestamps }: KeyDeletes): void {
  for (const [i, key] of keys.entries()) deletes.add(key, timestamps[i]);
}

/** The n-th log. @throws as `readSegmentField` */
export async function readDeltaLog(
  store: ObjectReads,
  place: SegmentPlace,
  { logIds, sizesBytes }: FieldLogs,
  index: number,
  signal?: AbortSignal,
): Promise<KeyDeletes> {
  const key = deltaLogKey(place, logIds[index]);
  const bytes = Buffer.allocUnsafeSlow(sizesBytes[index]);
  await readWhole(store, key, bytes, signal);
  const { primaryKeys, timestamps } = damagedAsInternal(key, () => decodeDeltaLog(bytes));
  return { keys: primaryKeys, timestamps };
}

/** Writes a log of deletes; resolves to its bytes. */
export async function writeDeltaLog(
  store: ObjectWrites,
  place: SegmentPlace,
  logId: bigint,
  deletes: KeyDeletes,
  nowMs: number,
): Promise<number> {
  const { collectionId, partitionId, segmentId } = place;
  const { keys: primaryKeys, timestamps } = deletes;
  const pieces = encodeDeltaLog({ collectionId, partitionId, segmentId, primaryKeys, timestamps, nowMs });
  await store.put(deltaLogKey(place, logId), pieces);
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
