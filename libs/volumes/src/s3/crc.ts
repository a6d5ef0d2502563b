import { crc32 } from "node:zlib";

/** A checksum under construction. */
export interface Checksum {
  /** The next bytes, of any number. */
  update(bytes: Uint8Array): void;
  /** Big-endian, in base64: as S3's headers have it. */
  digest(): string;
}

/** Reflected polynomials. Source: RFC 3720 (Castagnoli); NVM Express, "64b CRC". */
const CASTAGNOLI = 0x82f63b78;
const NVME = { high: 0x9a6c9329, low: 0xac4bc9b5 };

const castagnoliTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CASTAGNOLI : crc >>> 1;
  return crc;
});

/** Two halves each, since there are no integers of 64 bits that are fast. */
const nvmeTable = nvmeTables();

function nvmeTables(): { readonly high: Uint32Array; readonly low: Uint32Array } {
  const tables = { high: new Uint32Array(256), low: new Uint32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let [high, low] = [0, byte];
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = low & 1;
      low = ((low >>> 1) | (high << 31)) >>> 0;
      high >>>= 1;
      if (isOdd) [high, low] = [high ^ NVME.high, low ^ NVME.low];
    }
    [tables.high[byte], tables.low[byte]] = [high, low];
  }
  return tables;
}

/** As `x-amz-checksum-crc32`. */
export function crc32Checksum(): Checksum {
  let crc = 0;
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc);
    },
    digest: () => base64Of([crc]),
  };
}

/** As `x-amz-checksum-crc32c`. */
export function crc32cChecksum(): Checksum {
  let crc = 0xffffffff;
  return {
    update: (bytes) => {
      for (let i = 0; i < bytes.length; i++) crc = castagnoliTable[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
    },
    digest: () => base64Of([~crc >>> 0]),
  };
}

/** As `x-amz-checksum-crc64nvme`. */
export function crc64nvmeChecksum(): Checksum {
  let [high, low] = [0xffffffff, 0xffffffff];
  return {
    update: (bytes) => {
      for (let i = 0; i < bytes.length; i++) {
        const at = (low ^ bytes[i]) & 255;
        low = ((low >>> 8) | (high << 24)) ^ nvmeTable.low[at];
        high = (high >>> 8) ^ nvmeTable.high[at];
      }
    },
    digest: () => base64Of([~high >>> 0, ~low >>> 0]),
  };
}

function base64Of(words: readonly number[]): string {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [i, word] of words.entries()) bytes.writeUInt32BE(word, 4 * i);
  return bytes.toString("base64");
}
