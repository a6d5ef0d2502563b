import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { Footer } from "apache-arrow/fb/footer";
import { damaged } from "./damage.ts";
import { MetadataBytes, sizeOf } from "./metadata-bytes.ts";
import { type ArrowMessage, MAX_METADATA_BYTES, readMessage } from "./read-message.ts";
import { type ArrowSchema, readSchema } from "./read-schema.ts";

const MAGIC = "ARROW1";
/** The magic bytes, and zeros up to a multiple of 8. */
const FIRST_MESSAGE = 8;
/** Length of the footer, and the magic bytes again. */
const TRAILER_BYTES = 10;

/** Where a message lies. */
interface Block {
  readonly start: number;
  /** With its metadata. */
  readonly bytes: number;
}

/** A file, whose footer says where its batches are, or a stream, in which they follow each other. */
export interface ArrowContainer extends ArrowSchema {
  /** Undefined for streams. */
  readonly batches: readonly Block[] | undefined;
  readonly dictionaries: readonly Block[];
  /** Of streams: behind the schema. */
  readonly firstMessage: number;
}

/**
 * Looks at the start of the source, whatever its name, and at its footer.
 * @throws {ImportError} `malformed_file` also of what is no Arrow; as `SourceFile.readInto`
 */
export async function openContainer(source: SourceFile, signal: AbortSignal): Promise<ArrowContainer> {
  const head = Buffer.alloc(MAGIC.length);
  const length = await source.readInto(0, head, signal);
  const start = head.subarray(0, length).toString("latin1");
  if (start === MAGIC) return await openFile(source, signal);
  if (start.startsWith("FEA1"))
    throw new ImportError(
      "unsupported",
      "the file is Feather V1, which is not Arrow: write it with pyarrow.feather, version 2",
    );
  if (!start.startsWith("\xff\xff\xff\xff") && !isOldStream(head, length))
    throw damaged("neither a file nor a stream of Arrow");
  return await openStream(source, signal);
}

/** Of Arrow before 0.15: the length of the schema comes first, and its flatbuffer begins with a small offset. */
function isOldStream(head: Buffer, length: number): boolean {
  return (
    length === MAGIC.length &&
    head.readInt32LE(0) > 0 &&
    head.readInt32LE(0) < 1 << 24 &&
    head[3] === 0 &&
    head[5] === 0
  );
}

async function openStream(source: SourceFile, signal: AbortSignal): Promise<ArrowContainer> {
  const message = await readMessage(source, 0, signal);
  if (message?.kind !== "schema") throw damaged("the stream does not begin with a schema");
  return { ...message.schema, batches: undefined, dictionaries: [], firstMessage: message.end };
}

async function openFile(source: SourceFile, signal: AbortSignal): Promise<ArrowContainer> {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  const trailerStart = source.sizeBytes - TRAILER_BYTES;
  if (trailerStart < FIRST_MESSAGE || (await source.readInto(trailerStart, trailer, signal)) < TRAILER_BYTES)
    throw damaged("the file breaks off before its footer");
  if (trailer.toString("latin1", 4) !== MAGIC) throw damaged("the file breaks off: it does not end with ARROW1");
  const length = trailer.readInt32LE(0);
  if (length <= 0 || length > MAX_METADATA_BYTES || length > trailerStart - FIRST_MESSAGE)
    throw damaged(`the footer has ${length} bytes`);
  const bytes = new Uint8Array(length);
  await source.readInto(trailerStart - length, bytes, signal);
  return parseFooter(new MetadataBytes(bytes), trailerStart - length);
}

function parseFooter(bytes: MetadataBytes, end: number): ArrowContainer {
  const footer = Footer.getRootAsFooter(bytes);
  const schema = footer.schema();
  if (!schema) throw damaged("the footer has no schema");
  const blocks = (count: number, at: typeof footer.recordBatches) =>
    Array.from({ length: bytes.count(count, 24) }, (_, i): Block => {
      const block = at.call(footer, i);
      if (!block) throw damaged("the footer lacks a batch");
      const start = sizeOf(block.offset(), "the place of a batch");
      const length = block.metaDataLength() + sizeOf(block.bodyLength(), "the length of a batch");
      if (block.metaDataLength() < 0 || start + length > end) throw damaged("a batch lies behind the footer");
      return { start, bytes: length };
    });
  return {
    ...readSchema(schema, bytes),
    batches: blocks(footer.recordBatchesLength(), footer.recordBatches),
    dictionaries: blocks(footer.dictionariesLength(), footer.dictionaries),
    firstMessage: FIRST_MESSAGE,
  };
}

/** Which messages are read, and until when. */
export interface MessageOptions {
  /** Of batches, of files only. */
  readonly range: { readonly begin: number; readonly end: number } | undefined;
  readonly signal: AbortSignal;
  /** Called where a stream just ends, as it may, without the mark of its end. */
  readonly onOpenEnd: () => void;
}

/** Messages behind the schema, dictionaries before the batches that use them. */
export async function* messagesOf(
  source: SourceFile,
  { batches, dictionaries, firstMessage }: ArrowContainer,
  { range, signal, onOpenEnd }: MessageOptions,
): AsyncGenerator<ArrowMessage> {
  if (batches) {
    for (const { start, bytes } of [...dictionaries, ...batches.slice(range?.begin, range?.end)]) {
      const message = await readMessage(source, start, signal, bytes);
      if (!message) throw damaged("the footer names a batch that is none");
      yield message;
    }
    return;
  }
  // Batches of a stream are mostly of one size.
  for (let at = firstMessage, guess = 0; ; ) {
    const message = await readMessage(source, at, signal, guess);
    if (!message) {
      if (at >= source.sizeBytes) onOpenEnd();
      return;
    }
    if (message.kind === "schema") throw damaged("a second schema");
    guess = message.end - at;
    at = message.end;
    yield message;
  }
}
