import { type Column, varValue } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { type BinlogDescriptor, type BinlogEvent, EventType, eventsOf, parseBinlog } from "./envelope.ts";
import { type ExactJson, isExactObject, parseExactJson } from "./exact-json.ts";
import { malformed, unsupported } from "./malformed.ts";
import { ColumnSink } from "./payload/column-sink.ts";
import { maxColumnBytes, readPayload } from "./payload/payload-reader.ts";

/**
 * Deletes of one file: entry n of all members belongs together. A row goes when `timestamp > row timestamp` of its key.
 * @public
 */
export interface DeltaLog {
  readonly descriptor: BinlogDescriptor;
  /** Int64 or VarChar. */
  readonly pkType: DataType;
  /** bigint for Int64, text for VarChar. */
  readonly primaryKeys: readonly (bigint | string)[];
  /** Hybrid. */
  readonly timestamps: readonly bigint[];
}

interface Delete {
  readonly pk: bigint | string;
  readonly timestamp: bigint;
  readonly pkType: DataType;
}

/**
 * Reads all three forms: JSON rows, the older `pk,ts` text, and two columns (`MULTI_FIELD`). Source: binlog format, §5.
 * @throws {ImportError} `malformed_file`, `unsupported`
 * @public for programs that read the segments of a Milvus, whose rows may have been deleted
 */
export function decodeDeltaLog(bytes: Uint8Array): DeltaLog {
  const log = parseBinlog(bytes);
  const events = eventsOf(log, EventType.Delete, "delta");
  const { descriptor } = log;
  const deletes = events.flatMap((event) =>
    descriptor.extras.version === "MULTI_FIELD"
      ? readTwoColumns(event, descriptor.dataType)
      : readRows(event, descriptor),
  );
  const pkType = deletes.at(0)?.pkType ?? DataType.Int64;
  const other = deletes.find((row) => row.pkType !== pkType);
  if (other) throw malformed(`delta log mixes primary key types ${pkType} and ${other.pkType}`);
  return {
    descriptor,
    pkType,
    primaryKeys: deletes.map((row) => row.pk),
    timestamps: deletes.map((row) => row.timestamp),
  };
}

function readRows(event: BinlogEvent, { dataType }: BinlogDescriptor): Delete[] {
  if (dataType !== DataType.String && dataType !== DataType.VarChar) {
    throw malformed(`binlog data type is not varchar: ${dataType} in a delta log`, 69);
  }
  return readTexts(event, DataType.VarChar, 0).map(parseDelete);
}

/** JSON first, as servers do: a VarChar key may hold a comma. */
function parseDelete(text: string): Delete {
  if (text.startsWith("{")) return fromJson(parseExactJson(text, "row of a delta log"));
  const match = /^(-?\d+),(\d+)$/.exec(text);
  if (!match) throw malformed(`row of a delta log is neither JSON nor "pk,ts": ${text.slice(0, 80)}`);
  return { pk: BigInt.asIntN(64, BigInt(match[1])), timestamp: BigInt(match[2]), pkType: DataType.Int64 };
}

function fromJson(row: ExactJson): Delete {
  if (!isExactObject(row)) throw malformed("row of a delta log is no JSON object");
  const { pk, ts, pkType } = row;
  if (typeof ts !== "bigint") throw malformed("row of a delta log has no integer ts");
  if (pkType === BigInt(DataType.Int64) && typeof pk === "bigint") return { pk, timestamp: ts, pkType: DataType.Int64 };
  if (pkType === BigInt(DataType.VarChar) && typeof pk === "string")
    return { pk, timestamp: ts, pkType: DataType.VarChar };
  throw malformed(`row of a delta log has a ${typeof pk} key with pkType ${String(pkType)}`);
}

function readTwoColumns(event: BinlogEvent, pkType: DataType): Delete[] {
  const timestamps = readIntegers(event, 1);
  const keys = readKeys(event, pkType);
  if (keys.length !== timestamps.length) throw malformed("delta log has columns of different length");
  return keys.map((pk, i) => ({ pk, timestamp: BigInt.asUintN(64, timestamps[i]), pkType }));
}

function readKeys(event: BinlogEvent, pkType: DataType): (bigint | string)[] {
  if (pkType === DataType.Int64) return readIntegers(event, 0);
  if (pkType === DataType.VarChar) return readTexts(event, pkType, 0);
  throw unsupported(`unsupported primary key type ${pkType}, primary key should be int64 or varchar`);
}

function readIntegers(event: BinlogEvent, columnIndex: number): bigint[] {
  const { column, rowCount } = readColumn(event, DataType.Int64, columnIndex);
  return [...new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount)];
}

function readTexts(event: BinlogEvent, type: DataType, columnIndex: number): string[] {
  const { column, rowCount } = readColumn(event, type, columnIndex);
  if (column.kind !== "var") throw malformed("delta log has no text column");
  return Array.from({ length: rowCount }, (_, row) => Buffer.from(varValue(column, row)).toString());
}

function readColumn(event: BinlogEvent, type: DataType, columnIndex: number): { column: Column; rowCount: number } {
  let sink: ColumnSink | undefined;
  const open = (typeLength: number, rows: number) =>
    (sink = ColumnSink.forType(type, typeLength, rows, maxColumnBytes));
  readPayload(event, open, columnIndex);
  const { column, rowCount } = sink!.finish();
  if (column.validity) throw malformed("delta log has nulls");
  return { column, rowCount };
}
