import { type DeltaLog, decodeDeltaLog } from "@sluice/binlog";
import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { DataType, FieldSchema } from "@sluice/schema";
import type { TimeBounds } from "./time-bounds.ts";

/** A delta log is read whole, and its rows are objects while it is. */
const MAX_DELTA_BYTES = 64 << 20;

/** Entry n of both lists belongs together. */
export type FileDeletes = Pick<DeltaLog, "primaryKeys" | "timestamps">;

/**
 * The deletes of a delta log that lie within the bounds, in their order.
 * @throws {ImportError} `malformed_file`, `schema_mismatch`, `unsupported`, with the file
 */
export async function readDeltaFile(
  file: SourceFile,
  key: FieldSchema,
  { start, end }: TimeBounds,
  signal: AbortSignal,
): Promise<FileDeletes> {
  try {
    const { pkType, primaryKeys, timestamps } = decodeDeltaLog(await bytesOf(file, signal));
    if (primaryKeys.length > 0 && pkType !== key.dataType) throw otherKeyType(pkType, key.dataType);
    const isMeant = (timestamp: bigint) => timestamp >= start && timestamp <= end;
    if (timestamps.every(isMeant)) return { primaryKeys, timestamps };
    return {
      primaryKeys: primaryKeys.filter((_, i) => isMeant(timestamps[i])),
      timestamps: timestamps.filter(isMeant),
    };
  } catch (error) {
    throw locate(error, { file: file.path });
  }
}

async function bytesOf(file: SourceFile, signal: AbortSignal): Promise<Uint8Array> {
  const { sizeBytes } = file;
  if (sizeBytes > MAX_DELTA_BYTES)
    throw new ImportError(
      "unsupported",
      `a delta log of ${sizeBytes} bytes, more than ${MAX_DELTA_BYTES}: compact first`,
    );
  const bytes = new Uint8Array(sizeBytes);
  const count = await file.readInto(0, bytes, signal);
  if (count === sizeBytes) return bytes;
  throw new ImportError(
    "malformed_file",
    `the file ends at byte ${count}, expected ${sizeBytes} bytes: it was replaced`,
  );
}

function otherKeyType(found: DataType, expected: DataType): ImportError {
  const reason = `delta log data type ${found} is not equal to collection's primary key data type ${expected}`;
  return new ImportError("schema_mismatch", reason);
}
