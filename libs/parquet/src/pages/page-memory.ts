/** Where buffers for pages lie, for who reads one file after the other. */
export interface PageMemory {
  /** Bytes of any content. */
  take(length: number): Uint8Array<ArrayBuffer>;
  /** Nobody reads or writes them any more. */
  give(bytes: Uint8Array<ArrayBuffer>): void;
}

/** New arrays. */
export const newMemory: PageMemory = { take: (length) => new Uint8Array(length), give() {} };
