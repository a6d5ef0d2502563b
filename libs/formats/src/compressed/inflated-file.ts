import type { SourceFile } from "@sluice/object-store";
import { SequentialFile } from "../sequential-file.ts";
import type { Decompress, Decompression } from "./decompression.ts";

/** What a compressed file holds. */
export class InflatedFile extends SequentialFile<Decompression> {
  /** @param file belongs to whoever opened it */
  constructor(file: SourceFile, decompress: Decompress) {
    super(file, (signal) => decompress(file, signal));
  }

  /** Bytes of the compressed file that were read until now. */
  get compressedBytes(): number {
    return this.content?.compressedBytes ?? 0;
  }
}
