import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Compares content with what a stream says of it. */
export interface ContentCheck {
  readonly sizeBytes: number;
  /** The next bytes of the content. */
  update(bytes: Uint8Array): void;
  /** As it stands in the file. */
  digest(): Uint8Array;
}

/** The check with the number that a stream's header has; undefined for one that is not known. Source: xz-file-format 1.2.0, §2.1.1.2. */
export function contentCheck(id: number): ContentCheck | undefined {
  if (id === 0) return { sizeBytes: 0, update: () => {}, digest: () => new Uint8Array(0) };
  if (id === 1) return new Crc32();
  if (id === 4) return new Crc64();
  return id === 10 ? new Sha256() : undefined;
}

class Crc32 implements ContentCheck {
  readonly sizeBytes = 4;
  #crc = 0;
  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }
  digest(): Uint8Array {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(this.#crc);
    return bytes;
  }
}

class Sha256 implements ContentCheck {
  readonly sizeBytes = 32;
  readonly #hash = createHash("sha256");
  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }
  digest(): Uint8Array {
    return this.#hash.digest();
  }
}

/** The reflected polynomial of ECMA-182, in halves. */
const [HIGH, LOW] = [0xc96c5795, 0xd7870f42];
const highs = new Int32Array(256);
const lows = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [high, low] = [0, byte];
  for (let i = 0; i < 8; i++) {
    const isOdd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (!isOdd) continue;
    low ^= LOW;
    high ^= HIGH;
  }
  highs[byte] = high;
  lows[byte] = low;
}

class Crc64 implements ContentCheck {
  readonly sizeBytes = 8;
  #high = -1;
  #low = -1;
  update(bytes: Uint8Array): void {
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < bytes.length; i++) {
      const entry = (low ^ bytes[i]) & 255;
      low = ((low >>> 8) | (high << 24)) ^ lows[entry];
      high = (high >>> 8) ^ highs[entry];
    }
    [this.#high, this.#low] = [high, low];
  }
  digest(): Uint8Array {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(~this.#low);
    bytes.writeInt32LE(~this.#high, 4);
    return bytes;
  }
}
