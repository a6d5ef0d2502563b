/** Where the bytes of a file come from: storage, or memory. */
export interface ByteSource {
  readonly sizeBytes: number;
  /**
   * Fills `target` from byte `start` of the file on.
   * @returns bytes written; fewer than `target` has only where the file ends
   */
  readInto(start: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;
}
