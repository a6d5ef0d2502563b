import { type Column, varValue } from "@sluice/columns";
import { parseFooter } from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import { type BinlogDescriptor, EventType, eventsOf, isBareParquet, parseBinlog } from "./envelope.ts";
import { type ExactJson, isExactObject, parseExactJson } from "./exact-json.ts";
import { malformed, unsupported } from "./malformed.ts";
import { ColumnSink } from "./payload/column-sink.ts";
import { maxColumnBytes, type Payload, readPayload } from "./payload/payload-reader.ts";

/** Deletes of one file: entry n of all members belongs together. A row goes when `timestamp > row timestamp` of its key. */
export interface DeltaLog {
  /** Undefined for files of storage version 2, which have none. */
  readonly descriptor: BinlogDescriptor | undefined;
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
 * Reads all four forms: JSON rows, the older `pk,ts` text, two columns (`MULTI_FIELD`), and those as a bare Parquet file
 * (storage version 2). Source: binlog format, §5 and §12.
 * @throws {ImportError} `malformed_file`, `unsupported`
 */
export function decodeDeltaLog(bytes: Uint8Array): DeltaLog {
  const { descriptor, deletes } = isBareParquet(bytes) ? readBare(bytes) : readEnveloped(bytes);
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

function readEnveloped(bytes: Uint8Array): { descriptor: BinlogDescriptor; deletes: Delete[] } {
  const log = parseBinlog(bytes);
  const events = eventsOf(log, EventType.Delete, "delta");
  const { descriptor } = log;
  const isTwoColumns = descriptor.extras.version === "MULTI_FIELD";
  const deletes = events.flatMap((event) =>
    isTwoColumns ? readTwoColumns(event, descriptor.dataType) : readRows(event, descriptor),
  );
  return { descriptor, deletes };
}

/** The type of the keys is that of their column. */
function readBare(bytes: Uint8Array): { descriptor: undefined; deletes: Delete[] } {
  const [key] = parseFooter(bytes).root.children;
  const pkType = key?.element.type === "INT64" ? DataType.Int64 : DataType.VarChar;
  return { descriptor: undefined, deletes: readTwoColumns({ payload: bytes, payloadOffset: 0 }, pkType) };
}

function readRows(event: Payload, { dataType }: BinlogDescriptor): Delete[] {
  if (dataType !== DataType.String && dataType !== DataType.VarChar) {
    throw malformed(`binlog data type is not varchar: ${dataType} in a delta log`, 69);
  }
  return readTexts(event, DataType.VarChar, 0).map(parseDelete);
}

/** A row as servers write it, with an integer key. */
const plainRow = /^\{"pk":(-?\d{1,19}),"ts":(\d{1,20}),"pkType":5\}$/;

/** JSON first, as servers do: a VarChar key may hold a comma. */
function parseDelete(text: string): Delete {
  const plain = plainRow.exec(text);
  if (plain) return { pk: BigInt(plain[1]), timestamp: BigInt(plain[2]), pkType: DataType.Int64 };
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

function readTwoColumns(event: Payload, pkType: DataType): Delete[] {
  const timestamps = readIntegers(event, 1);
  const keys = readKeys(event, pkType);
  if (keys.length !== timestamps.length) throw malformed("delta log has columns of different length");
  return keys.map((pk, i) => ({ pk, timestamp: BigInt.asUintN(64, timestamps[i]), pkType }));
}

function readKeys(event: Payload, pkType: DataType): (bigint | string)[] {
  if (pkType === DataType.Int64) return readIntegers(event, 0);
  if (pkType === DataType.VarChar) return readTexts(event, pkType, 0);
  throw unsupported(`unsupported primary key type ${pkType}, primary key should be int64 or varchar`);
}

function readIntegers(event: Payload, columnIndex: number): bigint[] {
  const { column, rowCount } = readColumn(event, DataType.Int64, columnIndex);
  return [...new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount)];
}

function readTexts(event: Payload, type: DataType, columnIndex: number): string[] {
  const { column, rowCount } = readColumn(event, type, columnIndex);
  if (column.kind !== "var") throw malformed("delta log has no text column");
  return Array.from({ length: rowCount }, (_, row) => Buffer.from(varValue(column, row)).toString());
}

function readColumn(event: Payload, type: DataType, columnIndex: number): { column: Column; rowCount: number } {
  let sink: ColumnSink | undefined;
  const open = (typeLength: number, rows: number) =>
    (sink = ColumnSink.forType(type, typeLength, rows, maxColumnBytes));
  readPayload(event, open, columnIndex);
  const { column, rowCount } = sink!.finish();
  if (column.validity) throw malformed("delta log has nulls");
  return { column, rowCount };
}
