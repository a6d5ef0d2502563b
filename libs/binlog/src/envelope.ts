import { DataType } from "@sluice/schema";
import { malformed, unsupported } from "./malformed.ts";

/** What the descriptor event of a binlog says. */
export interface BinlogDescriptor {
  /** -1 where unset. */
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly segmentId: bigint;
  /** -1 in delta logs. */
  readonly fieldId: bigint;
  /** Hybrid; the smallest and largest of the rows, or 0 in stream-written files. */
  readonly startTimestamp: bigint;
  readonly endTimestamp: bigint;
  readonly dataType: DataType;
  readonly extras: BinlogExtras;
}

/** What the descriptor says as JSON. Keys that are not known are left alone. */
export interface BinlogExtras {
  /** Estimate of the decoded bytes, a hint; -1 when absent. */
  readonly originalSize: number;
  /** Undefined in files of the 2.3 form. */
  readonly nullable: boolean | undefined;
  /** `MULTI_FIELD` in delta logs of two columns. */
  readonly version: string | undefined;
}

/** Kinds of data events. */
export const EventType = { Descriptor: 0, Insert: 1, Delete: 2 } as const;

/** One data event of a log. */
export interface BinlogEvent {
  readonly type: number;
  /** 1 in stream-written files. */
  readonly startTimestamp: bigint;
  readonly endTimestamp: bigint;
  /** A complete Parquet file, and where it starts in the log. */
  readonly payload: Uint8Array;
  readonly payloadOffset: number;
}

/** A log taken apart, payloads as they are. */
export interface Binlog {
  readonly descriptor: BinlogDescriptor;
  readonly events: readonly BinlogEvent[];
}

/** Of the first four bytes. */
export const magic = 0x00fffabc;
const parquetMagicNumber = 0x31524150;
/** Timestamp, type, length, next position. Source: binlog format, §2. */
export const eventHeaderBytes = 17;
/** Magic, header, fixed part, post-header lengths, extra length: where the extras begin. */
export const extrasOffset = 85;
/** What stands before a payload: header, first and last timestamp. */
export const dataEventBytes = eventHeaderBytes + 16;

/**
 * Takes a file apart without decoding its payloads, which stay views of `bytes`. Walks by event length: next positions
 * are -1 in stream-written files.
 * @throws {ImportError} `malformed_file`; `unsupported` for storage v2 and encrypted files
 */
export function parseBinlog(bytes: Uint8Array): Binlog {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = readFirstEvent(view, bytes.length);
  const descriptor = readDescriptor(bytes, view, first.end);
  const events: BinlogEvent[] = [];
  for (let at = first.end; at + eventHeaderBytes <= bytes.length; ) {
    const { type, end, payloadOffset } = readDataEvent(view, at, { from: 0, fileBytes: bytes.length });
    const startTimestamp = view.getBigUint64(at + eventHeaderBytes, true);
    const endTimestamp = view.getBigUint64(at + eventHeaderBytes + 8, true);
    const payload = bytes.subarray(payloadOffset, end);
    events.push({ type, startTimestamp, endTimestamp, payload, payloadOffset });
    at = end;
  }
  return { descriptor, events };
}

/** Over the same memory, from its first byte to its last. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The header of the descriptor event, behind the magic number. */
export function readFirstEvent(view: DataView, fileBytes: number): { end: number } {
  if (view.byteLength < 4 || view.getInt32(0, true) !== magic) throw notBinlog(view);
  const first = readEventHeader(view, 4, { from: 0, fileBytes });
  if (first.type !== EventType.Descriptor) throw malformed(`first event has type ${first.type}, expected 0`, 12);
  return first;
}

/** The event at the byte `at` of the file; `end` is exclusive. @throws {ImportError} `malformed_file` */
export function readDataEvent(view: DataView, at: number, place: ViewPlace) {
  const { type, end } = readEventHeader(view, at, place);
  if (end - at < dataEventBytes) throw malformed(`event of ${end - at} bytes is too short for its timestamps`, at);
  return { type, end, payloadOffset: at + dataEventBytes };
}

/** The events, after a check that every one has the type that this kind of file holds. */
export function eventsOf({ events }: Binlog, type: number, kind: "insert" | "delta"): readonly BinlogEvent[] {
  for (const event of events) {
    if (event.type !== type)
      throw malformed(`binlog file is not ${kind} log: event type ${event.type}, expected ${type}`);
  }
  return events;
}

/** Files of storage version 2 have no envelope: they begin with the magic number of Parquet. */
export function isBareParquet(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getInt32(0, true) === parquetMagicNumber;
}

function notBinlog(view: DataView): Error {
  const isParquet = view.byteLength >= 4 && view.getInt32(0, true) === parquetMagicNumber;
  if (isParquet)
    return unsupported("the file is bare Parquet (storage version 2), only storage version 1 is supported");
  return malformed("binlog magic number is missing", 0);
}

/** The part of a file that a view shows. */
export interface ViewPlace {
  /** Byte of the file at which the view begins. */
  readonly from: number;
  readonly fileBytes: number;
}

/** @param at byte of the file */
function readEventHeader(view: DataView, at: number, { from, fileBytes }: ViewPlace): { type: number; end: number } {
  if (at + eventHeaderBytes > fileBytes) throw malformed("event header is cut short", at);
  const length = view.getInt32(at - from + 9, true);
  if (length < eventHeaderBytes || at + length > fileBytes) {
    throw malformed(`event length ${length} does not fit into a file of ${fileBytes} bytes`, at + 9);
  }
  return { type: view.getInt8(at - from + 8), end: at + length };
}

/**
 * @param end of the descriptor event @throws {ImportError} `malformed_file`; `unsupported` for encrypted files and
 * types that are not known
 */
export function readDescriptor(bytes: Uint8Array, view: DataView, end: number): BinlogDescriptor {
  if (end < extrasOffset) throw malformed("descriptor event is cut short", 4);
  const extraLength = view.getInt32(extrasOffset - 4, true);
  if (extraLength < 0 || extrasOffset + extraLength > end) {
    throw malformed(`extras of ${extraLength} bytes do not fit into the descriptor event`, extrasOffset - 4);
  }
  const at = 4 + eventHeaderBytes;
  return {
    collectionId: view.getBigInt64(at, true),
    partitionId: view.getBigInt64(at + 8, true),
    segmentId: view.getBigInt64(at + 16, true),
    fieldId: view.getBigInt64(at + 24, true),
    startTimestamp: view.getBigUint64(at + 32, true),
    endTimestamp: view.getBigUint64(at + 40, true),
    dataType: knownType(view.getInt32(at + 48, true)),
    extras: decodeExtras(bytes.subarray(extrasOffset, extrasOffset + extraLength)),
  };
}

function knownType(code: number): DataType {
  const type = Object.values(DataType).find((known) => known === code);
  if (type === undefined) throw unsupported(`unsupported data type ${code} in the binlog's descriptor`);
  return type;
}

function decodeExtras(text: Uint8Array): BinlogExtras {
  const extras = parseExtras(text);
  if ("edek" in extras) throw unsupported("the binlog is encrypted (its extras have the key edek)");
  const { nullable, version } = extras;
  if (nullable !== undefined && typeof nullable !== "boolean")
    throw malformed("value of nullable must in bool format", extrasOffset);
  const originalSize = Number(extras.original_size ?? -1);
  return {
    originalSize: Number.isSafeInteger(originalSize) ? originalSize : -1,
    nullable,
    version: typeof version === "string" ? version : undefined,
  };
}

function parseExtras(text: Uint8Array): Record<string, unknown> {
  if (text.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(text).toString());
    if (typeof value === "object" && value !== null) return { ...value };
  } catch (error) {
    throw malformed(`extras are no JSON: ${(error as Error).message}`, extrasOffset);
  }
  throw malformed("extras are no JSON object", extrasOffset);
}
