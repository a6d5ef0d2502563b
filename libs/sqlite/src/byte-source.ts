/** A file by its size and its bytes; a source file of an import is one. */
export interface DatabaseBytes {
  readonly path: string;
  readonly sizeBytes: number;
  /** Fills `target` from `position` on; answers the bytes read, fewer only at the end of the file. */
  readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;
}
