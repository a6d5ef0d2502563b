import { type Column, varValue } from "@sluice/columns";
import { excerpt, locate } from "@sluice/errors";
import { parseFooter } from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import { type BinlogDescriptor, EventType, eventsOf, isBareParquet, parseBinlog } from "./envelope.ts";
import { type ExactJson, isExactObject, parseExactJson } from "./exact-json.ts";
import { malformed } from "./malformed.ts";
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
  const deletes = events.flatMap((event) => (isTwoColumns ? readTwoColumns(event) : readRows(event, descriptor)));
  return { descriptor, deletes };
}

function readBare(bytes: Uint8Array): { descriptor: undefined; deletes: Delete[] } {
  return { descriptor: undefined, deletes: readTwoColumns({ payload: bytes, payloadOffset: 0 }) };
}

function readRows(event: Payload, { dataType }: BinlogDescriptor): Delete[] {
  if (dataType !== DataType.String && dataType !== DataType.VarChar) {
    throw malformed(`binlog data type is not varchar: ${dataType} in a delta log`, 69);
  }
  return readTexts(event, DataType.VarChar, 0).map((text, row) => inRow(row, () => parseDelete(text)));
}

function inRow<T>(row: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw locate(error, { row });
  }
}

/** A row as servers write it, with an integer key. */
const plainRow = /^\{"pk":(-?\d{1,19}),"ts":(\d{1,20}),"pkType":5\}$/;

/** JSON first, as servers do: a VarChar key may hold a comma. */
function parseDelete(text: string): Delete {
  const plain = plainRow.exec(text) ?? /^(-?\d{1,20}),(\d{1,20})$/.exec(text);
  if (plain) return deleteOf(BigInt(plain[1]), BigInt(plain[2]));
  if (text.startsWith("{")) return fromJson(parseExactJson(text, "row of a delta log"));
  throw malformed(`row of a delta log is neither JSON nor "pk,ts" of 64 bits each: ${excerpt(text)}`);
}

/** @throws {ImportError} for numbers that are none of 64 bits: cut to them, they would be those of other rows */
function deleteOf(pk: bigint | string, timestamp: bigint): Delete {
  if (typeof pk === "bigint" && BigInt.asIntN(64, pk) !== pk)
    throw malformed(`row of a delta log has the key ${excerpt(String(pk))}, expected an integer of 64 bits`);
  if (BigInt.asUintN(64, timestamp) !== timestamp)
    throw malformed(`row of a delta log has the ts ${excerpt(String(timestamp))}, expected a timestamp of 64 bits`);
  return { pk, timestamp, pkType: typeof pk === "bigint" ? DataType.Int64 : DataType.VarChar };
}

function fromJson(row: ExactJson): Delete {
  if (!isExactObject(row)) throw malformed("row of a delta log is no JSON object");
  const { pk, ts, pkType } = row;
  if (typeof ts !== "bigint") throw malformed("row of a delta log has no integer ts");
  if (pkType === BigInt(DataType.Int64) && typeof pk === "bigint") return deleteOf(pk, ts);
  if (pkType === BigInt(DataType.VarChar) && typeof pk === "string") return deleteOf(pk, ts);
  throw malformed(`row of a delta log has a ${typeof pk} key with pkType ${String(pkType)}`);
}

/** The type of the keys is that of their column: a descriptor of Milvus 2.5 says Int64, whatever they are. */
function readTwoColumns(event: Payload): Delete[] {
  const timestamps = readIntegers(event, 1);
  const [key] = parseFooter(event.payload).root.children;
  const isText = key?.element.type === "BYTE_ARRAY";
  const keys = isText ? readTexts(event, DataType.VarChar, 0) : readIntegers(event, 0);
  if (keys.length !== timestamps.length) throw malformed("delta log has columns of different length");
  return keys.map((pk, i) => deleteOf(pk, BigInt.asUintN(64, timestamps[i])));
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
