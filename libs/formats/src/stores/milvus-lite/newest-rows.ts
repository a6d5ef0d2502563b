import type { Column, FixedColumn } from "@sluice/columns";
import { type DeletedKeys, deletedKeys, varValue } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { arrowFormat } from "../../columnar/arrow/index.ts";
import { parquetFormat } from "../../columnar/parquet/index.ts";
import type { Format, ReaderInput } from "../../format.ts";
import { planFields } from "../../plan-fields.ts";
import type { LiteField, LiteFiles } from "./lite-files.ts";

/** Keys of all rows may take this much where nobody says how much memory there is. */
const KEYS_BYTES = 256 << 20;
const BATCH_BYTES = 1 << 20;
/** The column of the number that each change has. */
export const SEQ = "_seq";

/** Data and delta files are Parquet, logs are Arrow streams. */
export function formatOf({ path }: SourceFile): Format {
  return path.endsWith(".parquet") ? parquetFormat : arrowFormat;
}

/**
 * Which rows count: of each key the one with the highest number, unless a delete has a higher one. An upsert is a row like any
 * other, and leaves the older one where it is; partitions make no difference.
 */
export class NewestRows {
  readonly #files: LiteFiles;
  readonly #schema: CollectionSchema;
  readonly #newest: DeletedKeys;

  private constructor(files: LiteFiles) {
    this.#files = files;
    this.#schema = keySchema(files.key);
    this.#newest = deletedKeys(this.#schema.fields[0].dataType);
  }

  /** Reads keys and numbers of all files. @throws {ImportError} `unsupported` for more keys than `wholeBytes`; as the formats */
  static async of(files: LiteFiles, wholeBytes = KEYS_BYTES, signal: AbortSignal): Promise<NewestRows> {
    const newest = new NewestRows(files);
    for (const file of [...files.data, ...files.deltas, ...files.dataLogs, ...files.deltaLogs])
      for await (const { keys, seqs, rowCount } of newest.#keysOf(file, signal)) {
        for (let row = 0; row < rowCount; row++)
          if (newest.#counts(file, seqs[row])) newest.#newest.add(keyAt(keys, row), seqs[row]);
        if (newest.#newest.bytes > wholeBytes) throw tooMany(newest.#newest.size, wholeBytes);
      }
    return newest;
  }

  /** A byte for each row of a data file or log, 0 for one that does not count. */
  async liveRows(file: SourceFile, signal: AbortSignal): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const { keys, seqs, rowCount } of this.#keysOf(file, signal)) {
      const live = new Uint8Array(rowCount);
      for (let row = 0; row < rowCount; row++)
        if (this.#counts(file, seqs[row]) && this.#newest.timestampOf(keys, row) === seqs[row]) live[row] = 1;
      parts.push(live);
    }
    return Buffer.concat(parts);
  }

  /** What was saved stays in a log until the log is removed. */
  #counts(file: SourceFile, seq: bigint): boolean {
    return seq > this.#files.savedSeq || !(this.#files.dataLogs.includes(file) || this.#files.deltaLogs.includes(file));
  }

  async *#keysOf(file: SourceFile, signal: AbortSignal) {
    const options = { fold_extra_columns: "false" };
    const input: ReaderInput = { sources: [file], plan: planFields(this.#schema, options), options };
    await using reader = formatOf(file).open(input);
    for await (const { rowCount, columns } of reader.batches({ batchBytes: BATCH_BYTES, signal })) {
      const [keys, numbers] = columns as [Column, FixedColumn];
      const bytes = numbers.data.slice(0, 8 * rowCount);
      yield { keys, seqs: new BigUint64Array(bytes.buffer, bytes.byteOffset, rowCount), rowCount };
    }
  }
}

function keyAt(keys: Column, row: number): bigint | string {
  if (keys.kind === "var") return Buffer.from(varValue(keys, row)).toString();
  return new DataView(keys.data.buffer, keys.data.byteOffset).getBigInt64(8 * row, true);
}

/** A collection of the key and the number alone. */
function keySchema({ name, dtype }: LiteField): CollectionSchema {
  const plain: Omit<FieldSchema, "fieldId" | "name" | "dataType" | "isPrimaryKey"> = {
    ...{ elementType: DataType.None, isPartitionKey: false, autoId: false, isDynamic: false, nullable: false },
    ...{ defaultValue: undefined, dim: 0, maxLength: 0, maxCapacity: 0, isFunctionOutput: false, typeParams: {} },
  };
  const dataType = dtype === "int64" ? DataType.Int64 : DataType.VarChar;
  const fields: FieldSchema[] = [
    { ...plain, fieldId: 100, name, dataType, isPrimaryKey: true },
    { ...plain, fieldId: 101, name: SEQ, dataType: DataType.Int64, isPrimaryKey: false },
  ];
  return { name: "", fields, structs: [], enableDynamicField: false, allowInsertAutoId: false, timezone: "UTC" };
}

function tooMany(count: number, maxBytes: number): ImportError {
  const reason = `${count} keys are more than ${maxBytes} bytes hold: give the datanode more --worker-memory`;
  return new ImportError("unsupported", reason);
}
