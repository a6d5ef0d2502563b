import {
  type BinlogDescriptor,
  decodeDeltaLog,
  decodeInsertLog,
  decodeStatsLog,
  EventType,
  isBareParquet,
  parseBinlog,
} from "@sluice/binlog";
import type { Column } from "@sluice/columns";
import { DataType, dataTypeName, type FieldSchema, isDenseVector, physicalMs, rowIdField } from "@sluice/schema";
import { ByteWriter, jsonCells } from "@sluice/writers";

/** What a file of a segment holds, as plain data. */
export interface BinlogReport {
  readonly kind: "insert log" | "delta log" | "stats log";
  readonly sizeBytes: number;
  readonly rows?: number;
  /** What the head says, by its names. */
  readonly head: Readonly<Record<string, string>>;
  /** One a data event: of insert and delta logs. */
  readonly events: readonly {
    readonly offset: number;
    readonly bytes: number;
    readonly from: string;
    readonly to: string;
  }[];
  /** The first values; of a stats log what it says of the keys. */
  readonly values: readonly string[];
}

/** @param shown values at most @throws {ImportError} for what is no file of a segment, or a damaged one */
export function binlogReport(bytes: Uint8Array, shown: number): BinlogReport {
  if (bytes[0] === 0x7b || bytes[0] === 0x5b) return statsReport(bytes);
  if (isBareParquet(bytes)) return deltaReport(bytes, shown);
  const { descriptor, events } = parseBinlog(bytes);
  const isDelta = events.some(({ type }) => type === EventType.Delete);
  const placed = events.map(({ payload, payloadOffset, startTimestamp, endTimestamp }) => ({
    ...{ offset: payloadOffset, bytes: payload.length, from: timeText(startTimestamp), to: timeText(endTimestamp) },
  }));
  const whole = isDelta ? deltaReport(bytes, shown) : insertReport(bytes, shown);
  return { ...whole, head: headOf(descriptor), events: placed };
}

function insertReport(bytes: Uint8Array, shown: number): BinlogReport {
  const { descriptor, rowCount, column } = decodeInsertLog(bytes);
  const values = valuesOf(descriptor.dataType, column, rowCount, shown);
  return { kind: "insert log", sizeBytes: bytes.length, rows: rowCount, head: {}, events: [], values };
}

function deltaReport(bytes: Uint8Array, shown: number): BinlogReport {
  const { pkType, primaryKeys, timestamps } = decodeDeltaLog(bytes);
  const values = primaryKeys.slice(0, shown).map((key, i) => `${keyText(key)} deleted at ${timeText(timestamps[i])}`);
  const head = { keys: dataTypeName(pkType) };
  return { kind: "delta log", sizeBytes: bytes.length, rows: primaryKeys.length, head, events: [], values };
}

function statsReport(bytes: Uint8Array): BinlogReport {
  const all = decodeStatsLog(bytes);
  const values = all.map(({ fieldId, pkType, minPk, maxPk, bloom }) => {
    const filter = bloom ? `${bloom.bitCount} bits, ${bloom.hashCount} hashes` : "of a kind that is not read";
    return `field ${fieldId} (${dataTypeName(pkType)}): ${keyText(minPk)} to ${keyText(maxPk)}; Bloom filter: ${filter}`;
  });
  return { kind: "stats log", sizeBytes: bytes.length, head: {}, events: [], values };
}

function headOf(descriptor: BinlogDescriptor): Record<string, string> {
  const { collectionId, partitionId, segmentId, fieldId, dataType, extras, startTimestamp, endTimestamp } = descriptor;
  return {
    ...{ collection: String(collectionId), partition: String(partitionId), segment: String(segmentId) },
    ...{ field: String(fieldId), type: dataTypeName(dataType) },
    ...{ from: timeText(startTimestamp), to: timeText(endTimestamp) },
    originalSizeBytes: String(extras.originalSize),
    ...(extras.nullable !== undefined && { nullable: String(extras.nullable) }),
    ...(extras.version !== undefined && { version: extras.version }),
  };
}

/** Of arrays the bytes, for a log does not say what their elements are. */
function valuesOf(dataType: DataType, column: Column, rowCount: number, shown: number): string[] {
  const field = fieldOf(dataType, column);
  const count = Math.min(rowCount, shown);
  const isOpaque = dataType === DataType.Array || dataType === DataType.ArrayOfVector;
  const write = isOpaque ? undefined : jsonCells(field, column, rowCount);
  return Array.from({ length: count }, (_, row) => {
    if (!write) return bytesText(column, row);
    const out = new ByteWriter();
    write(row, out);
    return Buffer.from(out.written).toString();
  });
}

function fieldOf(dataType: DataType, column: Column): FieldSchema {
  const width = column.kind === "fixed" ? column.width : 0;
  const perByte: Readonly<Partial<Record<DataType, number>>> = {
    [DataType.FloatVector]: 1 / 4,
    [DataType.BinaryVector]: 8,
    [DataType.Int8Vector]: 1,
  };
  const dim = isDenseVector(dataType) ? width * (perByte[dataType] ?? 1 / 2) : 0;
  return { ...rowIdField, name: "", dataType, dim };
}

function bytesText(column: Column, row: number): string {
  if (column.kind === "fixed") return "";
  return `0x${Buffer.from(column.data.subarray(column.offsets[row], column.offsets[row + 1])).toString("hex")}`;
}

function keyText(key: bigint | string): string {
  return typeof key === "bigint" ? String(key) : JSON.stringify(key);
}

/** A hybrid timestamp with the time that it stands for. Small ones are counters. */
function timeText(timestamp: bigint): string {
  const ms = physicalMs(timestamp);
  return ms > 0 && ms < 8e15 ? `${timestamp} (${new Date(ms).toISOString()})` : String(timestamp);
}
