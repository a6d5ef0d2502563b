import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** Messages of so many bytes are copied out of memory that stays; larger ones keep what they were written into. */
const SMALL_BYTES = 1 << 12;

/** What a writer keeps to itself. */
interface Written {
  readonly buffer: Uint8Array;
  pos: number;
}

let spare: BinaryWriter | undefined;

/** A writer for one message, which `bytesOf` gives back. Generated code takes one for each message that it serializes. */
export function takeWriter(): BinaryWriter {
  const writer = spare ?? new BinaryWriter();
  spare = undefined;
  return writer;
}

/** The bytes of a message that is written; a large one is alone in its memory. */
export function bytesOf(writer: BinaryWriter): Buffer {
  const written = writer as unknown as Written;
  const { buffer, pos } = written;
  if (pos > SMALL_BYTES) return Buffer.from(writer.finish().buffer);
  const bytes = Buffer.allocUnsafe(pos);
  bytes.set(buffer.subarray(0, pos));
  written.pos = 0;
  if (buffer.length <= SMALL_BYTES) spare = writer;
  return bytes;
}
