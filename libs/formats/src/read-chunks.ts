import type { ByteRange, SourceFile } from "@sluice/object-store";

/** Bytes of a chunk. */
const CHUNK_BYTES = 1 << 20;

/** What `SourceFile.read` answers, by its `readInto`: chunks of their own memory, up to the end of the range or of the file. */
export async function* readChunks(
  file: Pick<SourceFile, "readInto">,
  { start, end }: ByteRange,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
    const count = await file.readInto(at, chunk, signal);
    if (count > 0) yield chunk.subarray(0, count);
    if (count < chunk.length) return;
    at += count;
  }
}
