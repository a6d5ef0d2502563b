import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { damageError } from "@sluice/parquet";
import { AvroReader, BREAKS_OFF, damaged } from "../../avro/read-datum.ts";
import { withContent } from "../../foreign-content.ts";
import type { SourceRange } from "../../format.ts";
import type { ArrowSchema } from "../arrow/ipc/read-schema.ts";
import type { AvroNode } from "./avro-node.ts";
import { readAvroSchema } from "./avro-schema.ts";
import { type Decompress, decompressOf, MAX_BLOCK_BYTES, tooLarge } from "./block-codecs.ts";
import { BlockCursor } from "./block-cursor.ts";

const MAGIC = "Obj\x01";
const SYNC_BYTES = 16;
/** What is read at first: most headers are shorter. */
const HEAD_BYTES = 64 << 10;
/** The schema, and what else stands before the first block. */
const MAX_HEADER_BYTES = 16 << 20;
/** Two numbers of at most ten bytes. */
const BLOCK_HEAD_BYTES = 20;
/** Read at once: most blocks have some ten thousand bytes. */
const CHUNK_BYTES = 4 << 20;
/** The same where the content of blocks is passed over. */
const COUNTED_CHUNK_BYTES = 64 << 10;

/** The header of an object container file. Source: avro.apache.org, "Specification", object container files. */
export interface AvroFile extends ArrowSchema {
  readonly nodes: readonly AvroNode[];
  readonly codec: string;
  /** Stands behind the header, and behind each block. */
  readonly sync: Uint8Array;
  /** The first block. */
  readonly start: number;
}

/** A block of rows. */
export interface AvroBlock {
  readonly rowCount: number;
  /** Compressed, from here to there in the file. */
  readonly start: number;
  readonly end: number;
}

/** @throws {ImportError} `malformed_file` also of what is no Avro; as `SourceFile.readInto` */
export async function openAvro(source: SourceFile, signal: AbortSignal): Promise<AvroFile> {
  try {
    return await readHeader(source, signal);
  } catch (error) {
    throw locate(await withContent(error, source, signal), { file: source.path });
  }
}

async function readHeader(source: SourceFile, signal: AbortSignal): Promise<AvroFile> {
  for (let bytes = HEAD_BYTES; ; bytes *= 4) {
    const head = new Uint8Array(Math.min(bytes, source.sizeBytes));
    const read = head.subarray(0, await source.readInto(0, head, signal));
    if (Buffer.from(read.subarray(0, MAGIC.length)).toString("latin1") !== MAGIC)
      throw damaged("it does not begin with Obj");
    try {
      return parseHeader(read);
    } catch (error) {
      const isShort = error instanceof ImportError && error.reason.endsWith(BREAKS_OFF);
      if (!isShort || head.length === source.sizeBytes) throw error;
      if (bytes >= MAX_HEADER_BYTES) throw damaged(`its header has more than ${MAX_HEADER_BYTES} bytes`);
    }
  }
}

function parseHeader(bytes: Uint8Array): AvroFile {
  const at = new AvroReader(bytes);
  at.bytes(MAGIC.length);
  const notes = at.map((inside) => Buffer.from(inside.bytes(inside.size())).toString());
  const sync = Uint8Array.from(at.bytes(SYNC_BYTES));
  const nodes = readAvroSchema(parsed(notes["avro.schema"]));
  const codec = notes["avro.codec"] || "null";
  decompressOf(codec);
  return {
    nodes,
    codec,
    sync,
    start: at.position,
    fields: nodes.map(({ field }) => field),
    indexes: [],
    called: "avro",
  };
}

function parsed(text: string | undefined) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    throw damaged("its schema is no JSON");
  }
}

/** The blocks of a file one after the other, each with its content. */
export class AvroBlocks {
  readonly #source: SourceFile;
  readonly #file: AvroFile;
  readonly #signal: AbortSignal;
  readonly #decompress: Decompress;
  readonly #chunkBytes: number;
  #chunk = new Uint8Array(0);
  /** What lies in the chunk. */
  #begin = 0;
  #end = 0;

  constructor(source: SourceFile, file: AvroFile, signal: AbortSignal, chunkBytes = CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes;
    this.#source = source;
    this.#file = file;
    this.#signal = signal;
    this.#decompress = decompressOf(file.codec);
  }

  /**
   * Blocks of a range: those behind a mark of the file that begins in it. The bytes between two marks are compressed, or anything:
   * the mark is a random one, which tells them from what looks like it.
   */
  async *blocks(range?: SourceRange): AsyncGenerator<AvroBlock> {
    const { start } = this.#file;
    const end = range?.end ?? Number.POSITIVE_INFINITY;
    let at = range?.begin ? await this.#blockFrom(Math.max(range.begin, start - SYNC_BYTES)) : start;
    while (at !== undefined && at - SYNC_BYTES < end && at < this.#source.sizeBytes) {
      const block = await this.#head(at);
      yield block;
      at = block.end + SYNC_BYTES;
    }
  }

  /** Rows of all blocks before a range. */
  async rowsBefore(range: SourceRange): Promise<number> {
    const all = new AvroBlocks(this.#source, this.#file, this.#signal, COUNTED_CHUNK_BYTES);
    let rows = 0;
    for await (const block of all.blocks({ begin: 0, end: range.begin })) rows += block.rowCount;
    return rows;
  }

  /** The content of a block, which is valid until the next one. @throws {ImportError} */
  async content({ rowCount, start, end }: AvroBlock): Promise<Uint8Array> {
    const size = end - start;
    const whole = await this.#read(start, size + SYNC_BYTES);
    if (whole.length < size + SYNC_BYTES) throw this.#damaged(`${BREAKS_OFF} in a block`, start);
    if (Buffer.compare(whole.subarray(size), this.#file.sync) !== 0)
      throw this.#damaged("a block does not end in the mark of the file", end);
    const content = await this.#content(whole.subarray(0, size), start);
    // Rows of nothing at all have no file of anybody.
    if (rowCount > content.length)
      throw this.#damaged(`a block has ${rowCount} rows in ${content.length} bytes`, start);
    return content;
  }

  async #content(block: Uint8Array, byteOffset: number): Promise<Uint8Array> {
    try {
      return await this.#decompress(block);
    } catch (error) {
      throw damageError(error, "the Avro file", { file: this.#source.path, byteOffset });
    }
  }

  async #head(at: number): Promise<AvroBlock> {
    const cursor = new BlockCursor();
    cursor.open(await this.#read(at, BLOCK_HEAD_BYTES));
    try {
      const rowCount = cursor.size();
      const size = cursor.size();
      if (size > MAX_BLOCK_BYTES) throw tooLarge(size);
      const start = at + cursor.at;
      if (start + size + SYNC_BYTES > this.#source.sizeBytes) throw damaged(`${BREAKS_OFF} in a block`);
      return { rowCount, start, end: start + size };
    } catch (error) {
      throw locate(error, { file: this.#source.path, byteOffset: at });
    }
  }

  /** Bytes of the file, fewer at its end; valid until the next ones are read. */
  async #read(start: number, length: number): Promise<Uint8Array> {
    const end = Math.min(start + length, this.#source.sizeBytes);
    if (start < this.#begin || end > this.#end) {
      const wanted = Math.max(length, Math.min(this.#chunkBytes, this.#source.sizeBytes));
      if (this.#chunk.length < wanted) this.#chunk = new Uint8Array(wanted);
      const read = await this.#source.readInto(start, this.#chunk.subarray(0, wanted), this.#signal);
      this.#begin = start;
      this.#end = start + read;
    }
    return this.#chunk.subarray(start - this.#begin, Math.min(end, this.#end) - this.#begin);
  }

  /** Behind the first mark that begins at or behind a place. */
  async #blockFrom(begin: number): Promise<number | undefined> {
    for (let at = begin; at + SYNC_BYTES <= this.#source.sizeBytes; at += CHUNK_BYTES - SYNC_BYTES + 1) {
      const read = await this.#read(at, CHUNK_BYTES);
      const found = Buffer.from(read.buffer, read.byteOffset, read.length).indexOf(this.#file.sync);
      if (found >= 0) return at + found + SYNC_BYTES;
    }
    return undefined;
  }

  #damaged(what: string, byteOffset: number): ImportError {
    return locate(damaged(what), { file: this.#source.path, byteOffset }) as ImportError;
  }
}
