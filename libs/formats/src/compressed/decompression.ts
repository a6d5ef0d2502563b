import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { SequentialContent } from "../sequential-file.ts";

/** What a compressed file holds, from its start, once. */
export interface Decompression extends SequentialContent {
  /** Bytes of the file that were decompressed. */
  readonly compressedBytes: number;
}

/** @param file belongs to whoever opened it */
export type Decompress = (file: SourceFile, signal?: AbortSignal) => Decompression;

/** @param why ends the sentence */
export function cannotDecompress(file: SourceFile, name: string, why: string): ImportError {
  const reason = `the file cannot be decompressed with ${name}: ${why}`;
  return new ImportError("malformed_file", reason, { file: file.path });
}

/** @param byte at which the file ends */
export function breaksOff(name: string, byte: number): string {
  return `it breaks off: the ${name} data ends at byte ${byte} in the middle, fetch or write the file again`;
}
