import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DictionaryBatch } from "apache-arrow/fb/dictionary-batch";
import { Message } from "apache-arrow/fb/message";
import { MessageHeader } from "apache-arrow/fb/message-header";
import { RecordBatch } from "apache-arrow/fb/record-batch";
import { Schema } from "apache-arrow/fb/schema";
import { damaged } from "./damage.ts";
import { MetadataBytes, sizeOf } from "./metadata-bytes.ts";
import { type ArrowSchema, readSchema } from "./read-schema.ts";

/** Metadata of one message: a schema of a hundred thousand columns. */
export const MAX_METADATA_BYTES = 32 << 20;
/** Most metadata are smaller: they come with their length in one read. */
const FIRST_READ_BYTES = 4096;
/** Smaller messages are read with their body, whatever is needed of it: one request instead of several for each column. */
export const MAX_WHOLE_BYTES = 8 << 20;
/** Before it, messages began with their length. Source: Arrow 0.15, "Encapsulated message format". */
const CONTINUATION = 0xffffffff;
/** MetadataVersion V4, of Arrow 0.8; unions aside, V5 lies alike. */
const FIRST_VERSION = 3;

/** Of the buffers of a body, each by itself; undefined: none. */
export type Compression = "lz4" | "zstd" | undefined;

/** Where the values of some rows lie. */
export interface BatchInfo {
  readonly rowCount: number;
  /** Of every column, those in columns behind theirs. */
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  /** From the start of the body. */
  readonly buffers: readonly { readonly offset: number; readonly length: number }[];
  /** Buffers of text that stands apart, of each column that has such. */
  readonly variadicCounts: readonly number[];
  readonly compression: Compression;
  /** In the file. */
  readonly bodyStart: number;
  readonly bodyBytes: number;
  /** The body, where it came with the metadata. */
  readonly body?: Uint8Array;
}

/** One message of a file or stream, with what it is. */
export type ArrowMessage = {
  /** In the file, behind its body. */
  readonly end: number;
} & (
  | { readonly kind: "schema"; readonly schema: ArrowSchema }
  | { readonly kind: "batch"; readonly batch: BatchInfo }
  | { readonly kind: "dictionary"; readonly id: bigint; readonly isDelta: boolean; readonly batch: BatchInfo }
);

/**
 * The message at `position`; undefined where the stream ends.
 * @param guessBytes of the message with its body: where that is small, both come in one read
 * @throws {ImportError} `malformed_file`, `unsupported`; as `SourceFile.readInto`
 */
export async function readMessage(
  source: SourceFile,
  position: number,
  signal: AbortSignal,
  guessBytes = 0,
): Promise<ArrowMessage | undefined> {
  const wanted = guessBytes <= MAX_WHOLE_BYTES ? Math.max(FIRST_READ_BYTES, guessBytes) : FIRST_READ_BYTES;
  const head = new Uint8Array(Math.max(0, Math.min(wanted, source.sizeBytes - position)));
  await readFully(source, position, head, signal);
  const view = new DataView(head.buffer);
  // A stream may end without the mark of its end.
  if (head.length === 0) return undefined;
  if (head.length < 4) throw damaged(`the file breaks off at byte ${position + head.length}`);
  const hasMark = view.getUint32(0, true) === CONTINUATION;
  if (hasMark && head.length < 8) throw damaged(`the file breaks off at byte ${position + head.length}`);
  const length = view.getInt32(hasMark ? 4 : 0, true);
  if (length === 0) return undefined;
  const start = position + (hasMark ? 8 : 4);
  if (length < 0 || length > MAX_METADATA_BYTES)
    throw damaged(`a message at byte ${position} has ${length} bytes of metadata`);
  if (start + length > source.sizeBytes) throw damaged(`the file breaks off in the message at byte ${position}`);
  const known = head.subarray(start - position, start - position + length);
  const bytes = new Uint8Array(length);
  bytes.set(known);
  await readFully(source, start + known.length, bytes.subarray(known.length), signal);
  return withBody(parseMessage(bytes, start + length, source.sizeBytes), head, position);
}

/** @param head what was read from `position` on */
function withBody(message: ArrowMessage, head: Uint8Array, position: number): ArrowMessage {
  if (message.kind === "schema" || message.end > position + head.length) return message;
  const { bodyStart, bodyBytes } = message.batch;
  const body = head.subarray(bodyStart - position, bodyStart - position + bodyBytes);
  return { ...message, batch: { ...message.batch, body } };
}

async function readFully(source: SourceFile, position: number, target: Uint8Array, signal: AbortSignal): Promise<void> {
  const count = target.length === 0 ? 0 : await source.readInto(position, target, signal);
  if (count < target.length) throw damaged(`the file breaks off at byte ${position + count}`);
}

function parseMessage(bytes: Uint8Array, bodyStart: number, sizeBytes: number): ArrowMessage {
  const metadata = new MetadataBytes(bytes);
  const message = Message.getRootAsMessage(metadata);
  if (message.version() < FIRST_VERSION)
    throw new ImportError("unsupported", "the Arrow data are of a version before 0.8: write them again");
  const bodyBytes = sizeOf(message.bodyLength(), "the length of a body");
  const end = bodyStart + bodyBytes;
  if (end > sizeBytes) throw damaged(`the file breaks off: a body ends at byte ${end}, the file at byte ${sizeBytes}`);
  const place = { bodyStart, bodyBytes };
  switch (message.headerType()) {
    case MessageHeader.Schema:
      return { kind: "schema", end, schema: readSchema(header(message.header(new Schema())), metadata) };
    case MessageHeader.RecordBatch:
      return { kind: "batch", end, batch: readBatch(header(message.header(new RecordBatch())), metadata, place) };
    case MessageHeader.DictionaryBatch: {
      const dictionary: DictionaryBatch = header(message.header(new DictionaryBatch()));
      const batch = readBatch(header(dictionary.data()), metadata, place);
      return { kind: "dictionary", end, id: dictionary.id(), isDelta: dictionary.isDelta(), batch };
    }
  }
  throw new ImportError("unsupported", "the Arrow data are no table: tensors are not read, write a table");
}

function header<T>(found: T | null): T {
  if (found === null) throw damaged("a message without content");
  return found;
}

function readBatch(
  batch: RecordBatch,
  bytes: MetadataBytes,
  place: { readonly bodyStart: number; readonly bodyBytes: number },
): BatchInfo {
  const entries = <T>(count: number, entryBytes: number, at: (i: number) => T) =>
    Array.from({ length: bytes.count(count, entryBytes) }, (_, i) => at(i));
  return {
    ...place,
    rowCount: sizeOf(batch.length(), "the number of rows"),
    nodes: entries(batch.nodesLength(), 16, (i) => {
      const node = header(batch.nodes(i));
      return { length: sizeOf(node.length(), "a length"), nullCount: sizeOf(node.nullCount(), "a number of nulls") };
    }),
    buffers: entries(batch.buffersLength(), 16, (i) => {
      const buffer = header(batch.buffers(i));
      const [offset, length] = [sizeOf(buffer.offset(), "an offset"), sizeOf(buffer.length(), "a length")];
      if (offset + length > place.bodyBytes) throw damaged("a buffer ends behind its body");
      return { offset, length };
    }),
    variadicCounts: entries(batch.variadicBufferCountsLength(), 8, (i) =>
      sizeOf(batch.variadicBufferCounts(i) ?? 0n, "a number of buffers"),
    ),
    compression: compressionOf(batch),
  };
}

function compressionOf(batch: RecordBatch): Compression {
  const compression = batch.compression();
  if (!compression) return undefined;
  const found = (["lz4", "zstd"] as const)[compression.codec()];
  if (found) return found;
  throw new ImportError("unsupported", `the Arrow data are compressed by the unknown codec ${compression.codec()}`);
}
