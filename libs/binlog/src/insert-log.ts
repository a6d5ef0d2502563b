import { type Column, columnBytes } from "@sluice/columns";
import { composeTso, DataType, isDenseVector } from "@sluice/schema";
import { encodeBinlogHead } from "./binlog-head.ts";
import { type BinlogDescriptor, EventType, eventsOf, parseBinlog } from "./envelope.ts";
import { malformed } from "./malformed.ts";
import { ColumnSink } from "./payload/column-sink.ts";
import { maxColumnBytes, readPayload } from "./payload/payload-reader.ts";
import { writePayload } from "./payload/payload-writer.ts";

/**
 * Which line of servers takes the file: `2.3` has no word for nulls, `2.5` says for every field whether it may have them.
 * Servers before 2.5 ignore what they do not know, but only 2.3.5 was tried: so the plain form wherever it suffices.
 */
export type BinlogDialect = "2.3" | "2.5";

/** One log of one field. */
export interface InsertLogOptions {
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly segmentId: bigint;
  readonly fieldId: number;
  readonly dataType: DataType;
  /** Of arrays; does not show in the file, whose cells are encoded already. */
  readonly elementType: DataType;
  readonly dim: number;
  /** Whether the field may have nulls; needs dialect `2.5`. */
  readonly nullable: boolean;
  readonly column: Column;
  /** At least 1: a segment without rows has no files. */
  readonly rowCount: number;
  /** Hybrid. */
  readonly minTimestamp: bigint;
  readonly maxTimestamp: bigint;
  /** Wall clock of the event headers; nobody reads it. */
  readonly nowMs: number;
  readonly dialect: BinlogDialect;
  /** False: not even tried, since the column is a small part of its rows. */
  readonly isPacked?: boolean;
}

/** The lengths inside a file are int32; half of that leaves readers room. */
const maxInsertLogBytes = 2 ** 30;

/** What disks ask of addresses and of places in files. */
const blockBytes = 4096;
/** From so many bytes on, rows begin at a block of the file. */
const alignedBytes = 1 << 20;

/**
 * One field's rows as a binlog, in pieces to write one after the other: binlog formats, §2 and §4. Dense vectors are not
 * copied, nor are other columns that do not shrink by compression: those pieces are views, so the column must stay as it
 * is until they are written. Large ones begin at a block of the file, so that what begins at one of memory can be written from there;
 * such a file ends at a block, too: it need not be cut to its length.
 * @throws {RangeError} no rows, a file of 1 GiB or more, or a nullable field in dialect 2.3
 */
export function encodeInsertLog(options: InsertLogOptions): Uint8Array[] {
  const { dataType, column, rowCount, nullable, dialect, isPacked } = options;
  if (rowCount < 1) throw new RangeError(`insert log of ${rowCount} rows: expected at least one`);
  if (nullable && dialect === "2.3") throw new RangeError("insert log of a nullable field needs dialect 2.5");
  const payload = writePayload({ dataType, dim: options.dim, isOptional: nullable, column, rowCount, isPacked });
  const payloadBytes = bytesOf(payload);
  if (payloadBytes >= maxInsertLogBytes)
    throw new RangeError(`insert log of ${payloadBytes} bytes: expected below 1 GiB`);
  const encodeHead = (blanks: number, payloadBytes: number) =>
    encodeBinlogHead(describe(options), EventType.Insert, composeTso(options.nowMs), payloadBytes, blanks);
  const head = encodeHead(0, payloadBytes);
  const blanks = blanksBefore(column, [head, ...payload]);
  if (blanks === undefined) return [head, ...payload];
  const zeros = bytesToBlock(head.length + blanks + payloadBytes);
  // Readers find a Parquet file's footer from its end, and pages by the footer: what is between them concerns nobody.
  return [
    encodeHead(blanks, payloadBytes + zeros),
    ...payload.slice(0, -1),
    new Uint8Array(zeros),
    ...payload.slice(-1),
  ];
}

function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** How many bytes are missing to whole blocks. */
function bytesToBlock(bytes: number): number {
  return -bytes & (blockBytes - 1);
}

/** How much longer a file's head must be for its rows to begin at a block; undefined unless they are many and written as they lie in memory. */
function blanksBefore({ data }: Column, pieces: readonly Uint8Array[]): number | undefined {
  let offset = 0;
  for (const { buffer, byteOffset, byteLength } of pieces) {
    const areRows = buffer === data.buffer && byteOffset === data.byteOffset && byteLength >= alignedBytes;
    if (areRows) return bytesToBlock(offset);
    offset += byteLength;
  }
  return undefined;
}

function describe(options: InsertLogOptions): BinlogDescriptor {
  return {
    collectionId: options.collectionId,
    partitionId: options.partitionId,
    segmentId: options.segmentId,
    fieldId: BigInt(options.fieldId),
    startTimestamp: options.minTimestamp,
    endTimestamp: options.maxTimestamp,
    dataType: options.dataType,
    extras: {
      originalSize: originalSize(options.dataType, options.column, options.rowCount),
      nullable: options.dialect === "2.5" ? options.nullable : undefined,
      version: undefined,
    },
  };
}

/** The server's estimate of memory: binlog format, §2.5. Arrays count as their cells, which is near enough for a hint. */
function originalSize(dataType: DataType, column: Column, rowCount: number): number {
  const bytes = columnBytes(column, rowCount);
  if (isDenseVector(dataType) || dataType === DataType.SparseFloatVector) return bytes + 4;
  if (column.kind === "var" && dataType !== DataType.Array) return bytes + 16 * rowCount;
  return bytes;
}

/** What all events of one log hold together. */
export interface DecodedInsertLog {
  readonly descriptor: BinlogDescriptor;
  readonly rowCount: number;
  /** Own memory, not views of the file. Array cells and vectors as stored. */
  readonly column: Column;
}

/**
 * Reads an insert log of any Milvus 2.x server or of ours: all data events, all row groups, REQUIRED and OPTIONAL.
 * @param maxBytes greatest size of the column in memory, whatever the file claims
 * @throws {ImportError} `malformed_file`, `unsupported`
 */
export function decodeInsertLog(bytes: Uint8Array, maxBytes = maxColumnBytes): DecodedInsertLog {
  const log = parseBinlog(bytes);
  const { dataType } = log.descriptor;
  const events = eventsOf(log, EventType.Insert, "insert");
  if (events.length === 0) throw malformed("insert log has no insert event");
  let sink: ColumnSink | undefined;
  for (const event of events) {
    readPayload(event, (typeLength, rows) => (sink ??= ColumnSink.forType(dataType, typeLength, rows, maxBytes)));
  }
  const { column, rowCount } = sink!.finish();
  return { descriptor: log.descriptor, rowCount, column };
}

/**
 * The rows of one file, put behind those that `sink` has: how a segment's column is read without a copy of each file.
 * @returns the number of rows
 * @throws {ImportError} `malformed_file`, also when the file is of another type or dimension than the sink
 */
export function appendInsertLog(
  bytes: Uint8Array,
  sink: ColumnSink,
): { descriptor: BinlogDescriptor; rowCount: number } {
  const log = parseBinlog(bytes);
  const before = sink.rowCount;
  if (log.descriptor.dataType !== sink.dataType) {
    throw malformed(`data type ${log.descriptor.dataType} in the descriptor, expected ${sink.dataType}`, 69);
  }
  for (const event of eventsOf(log, EventType.Insert, "insert")) readPayload(event, () => sink);
  return { descriptor: log.descriptor, rowCount: sink.rowCount - before };
}
