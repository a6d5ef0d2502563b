import { Damage } from "@sluice/parquet";

/** Texts that lie in one buffer. */
export interface Texts {
  readonly bytes: Uint8Array;
  /** Where each begins, and where the last one ends; ascending. */
  readonly offsets: Uint32Array;
}

const SYMBOLS = 255;
const SYMBOL_BYTES = 8;
const HEADER_BYTES = 8;
/** A byte behind it is none of a symbol. */
const ESCAPE = 255;
const MAGIC = "TSSF";

/** Decompresses texts, each by itself. Source: Boncz et al., "FSST", VLDB 2020; lance, `fsst.rs`. @throws {Damage} */
export function decodeFsst({ bytes, offsets }: Texts, table: Uint8Array): Texts {
  const [symbolCount, , , isOn] = table;
  if (Buffer.from(table.subarray(4, HEADER_BYTES)).toString("latin1") !== MAGIC)
    throw new Damage("a table of symbols has no mark");
  if ((isOn & 1) === 0) return { bytes, offsets };
  const lengths = table.subarray(HEADER_BYTES + symbolCount * SYMBOL_BYTES);
  if (symbolCount > SYMBOLS || lengths.length < symbolCount) throw new Damage("a table of symbols is cut short");
  const target = new Uint8Array((offsets[offsets.length - 1] - offsets[0]) * SYMBOL_BYTES);
  const ends = new Uint32Array(offsets.length);
  let to = 0;
  for (let i = 0; i + 1 < offsets.length; i++) {
    for (let at = offsets[i]; at < offsets[i + 1]; ) {
      const code = bytes[at++];
      if (code === ESCAPE) target[to++] = bytes[at++];
      else if (code >= symbolCount) throw new Damage(`symbol ${code} of ${symbolCount}`);
      else {
        const from = HEADER_BYTES + code * SYMBOL_BYTES;
        for (let k = 0; k < lengths[code]; k++) target[to++] = table[from + k];
      }
    }
    ends[i + 1] = to;
  }
  return { bytes: target.subarray(0, to), offsets: ends };
}

/** @param offsetBits of the places, which count from the buffer's start, where they stand themselves @throws {Damage} */
export function textsAt(buffer: Uint8Array, offsetBits: number, count: number): Texts {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const width = offsetBits / 8;
  if ((count + 1) * width > buffer.length) throw new Damage("texts are cut short");
  const offsets = new Uint32Array(count + 1);
  for (let i = 0; i <= count; i++) {
    const offset = width === 4 ? view.getUint32(i * 4, true) : Number(view.getBigUint64(i * 8, true));
    if (offset > buffer.length || (i > 0 && offset < offsets[i - 1])) throw new Damage("a text lies behind its end");
    offsets[i] = offset;
  }
  return { bytes: buffer, offsets };
}

/** Texts one after the other, each behind its length. @throws {Damage} */
export function lengthedTexts(bytes: Uint8Array, lengthBytes: number, count: number): Texts {
  if (lengthBytes !== 4 && lengthBytes !== 8) throw new Damage(`lengths have ${lengthBytes} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const target = new Uint8Array(bytes.length);
  const offsets = new Uint32Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const isThere = at + lengthBytes <= bytes.length;
    const length = !isThere ? -1 : lengthBytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
    at += lengthBytes;
    if (length < 0 || at + length > bytes.length) throw new Damage("texts are cut short");
    target.set(bytes.subarray(at, at + length), offsets[i]);
    offsets[i + 1] = offsets[i] + length;
    at += length;
  }
  return { bytes: target, offsets };
}

/** One text, behind its places: their number of buffers, the lengths of both, and the buffers. @throws {Damage} */
export function constantText(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [count, placesBytes, textBytes] =
    bytes.length < 12 ? [0, 0, 0] : [0, 4, 8].map((at) => view.getUint32(at, true));
  if (count !== 2 || 12 + placesBytes + textBytes !== bytes.length)
    throw new Damage("a value of all rows is cut short");
  return bytes.subarray(12 + placesBytes);
}
