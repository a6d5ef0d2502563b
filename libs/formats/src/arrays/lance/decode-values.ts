import { Damage, Decompressor } from "@sluice/parquet";
import { unpacked } from "./bit-unpacking.ts";
import type { Dictionary, Encoding } from "./page-layout.ts";
import { decodeFsst, type Texts, textsAt } from "./texts.ts";

/** Values of one width, one after the other, or texts. */
export type Values = { readonly bytes: Uint8Array; readonly bits: number } | Texts;

/** Values from the buffers of a chunk, which each leaf of the tree takes one of. @throws {Damage} */
export function decodeValues(encoding: Encoding, buffers: Uint8Array[], count: number): Values {
  if (encoding.kind === "texts") return textsAt(next(buffers), encoding.offsetBits, count);
  if (encoding.kind === "fsst") return decodeFsst(textsAt(next(buffers), 32, count), encoding.symbols);
  return decodeNumbers(encoding, buffers, count);
}

/** @throws {Damage} */
export function decodeNumbers(
  encoding: Encoding,
  buffers: Uint8Array[],
  count: number,
): { bytes: Uint8Array; bits: number } {
  switch (encoding.kind) {
    case "flat":
      return { bytes: exactly(next(buffers), Math.ceil((count * encoding.bits) / 8)), bits: encoding.bits };
    case "bitpacked":
      return { bytes: unpacked(next(buffers), encoding.bits, count), bits: encoding.bits };
    case "list": {
      const { bytes, bits } = decodeNumbers(encoding.values, buffers, count * encoding.items);
      return { bytes, bits: bits * encoding.items };
    }
    case "split":
      return joined(decodeNumbers(encoding.values, buffers, count), count);
    case "runs":
      return runs(encoding, buffers, count);
    default:
      throw new Damage("texts stand where numbers should");
  }
}

function next(buffers: Uint8Array[]): Uint8Array {
  const buffer = buffers.shift();
  if (buffer) return buffer;
  throw new Damage("a chunk lacks a buffer");
}

function exactly(buffer: Uint8Array, bytes: number): Uint8Array {
  if (buffer.length < bytes) throw new Damage(`a chunk has ${buffer.length} bytes of values, and should have ${bytes}`);
  return buffer.subarray(0, bytes);
}

/** The first bytes of all values stood first, then the second ones. */
function joined(
  { bytes, bits }: { bytes: Uint8Array; bits: number },
  count: number,
): { bytes: Uint8Array; bits: number } {
  const width = bits / 8;
  const target = new Uint8Array(bytes.length);
  for (let k = 0; k < width; k++) for (let i = 0; i < count; i++) target[i * width + k] = bytes[k * count + i];
  return { bytes: target, bits };
}

function runs(
  { values, lengths }: Extract<Encoding, { kind: "runs" }>,
  buffers: Uint8Array[],
  count: number,
): { bytes: Uint8Array; bits: number } {
  const bits = values.kind === "flat" ? values.bits : 0;
  if (bits === 0 || bits % 8 !== 0 || lengths.kind !== "flat" || lengths.bits !== 8)
    throw new Damage("runs are compressed once more");
  const width = bits / 8;
  const [known, counts] = [next(buffers), next(buffers)];
  const target = new Uint8Array(count * width);
  let row = 0;
  for (let run = 0; row < count; run++) {
    const length = counts[run];
    if (!(length > 0) || row + length > count || (run + 1) * width > known.length)
      throw new Damage("runs are cut short");
    const value = known.subarray(run * width, (run + 1) * width);
    for (const end = row + length; row < end; row++) target.set(value, row * width);
  }
  return { bytes: target, bits };
}

/** Of a dictionary that is held. */
const MAX_DICTIONARY_BYTES = 64 << 20;
const TEXTS_HEAD_BYTES = 8;

/** @throws {Damage} */
export function decodeDictionary({ count, values, isLz4 }: Dictionary, buffer: Uint8Array): Values {
  const bytes = isLz4 ? unLz4(buffer) : buffer;
  if (values.kind === "flat") return decodeNumbers(values, [bytes], count);
  // The width of places and where the texts begin; places count from there.
  const start = bytes.length < TEXTS_HEAD_BYTES ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  if (start !== TEXTS_HEAD_BYTES + 4 * (count + 1) || start > bytes.length)
    throw new Damage("a dictionary is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = Uint32Array.from(
    { length: count + 1 },
    (_, i) => start + view.getUint32(TEXTS_HEAD_BYTES + 4 * i, true),
  );
  if (offsets.some((offset, i) => offset > bytes.length || offset < (offsets[i - 1] ?? 0)))
    throw new Damage("a text of a dictionary lies behind its end");
  return { bytes, offsets };
}

function unLz4(buffer: Uint8Array): Uint8Array {
  const size = buffer.length < 4 ? 0 : new DataView(buffer.buffer, buffer.byteOffset).getUint32(0, true);
  if (size > MAX_DICTIONARY_BYTES) throw new Damage(`a dictionary announces ${size} bytes`);
  return new Decompressor().decompress("LZ4_RAW", buffer.subarray(4), size);
}

/** The values that numbers stand for. @throws {Damage} */
export function lookedUp(
  numbers: { readonly bytes: Uint8Array; readonly bits: number },
  count: number,
  dictionary: Values,
): Values {
  const view = new DataView(numbers.bytes.buffer, numbers.bytes.byteOffset, numbers.bytes.byteLength);
  const width = numbers.bits / 8;
  const at = (i: number) =>
    width === 8
      ? Number(view.getBigUint64(i * 8, true))
      : width === 4
        ? view.getUint32(i * 4, true)
        : width === 2
          ? view.getUint16(i * 2, true)
          : view.getUint8(i);
  const isTexts = "offsets" in dictionary;
  const itemBytes = isTexts ? 0 : dictionary.bits / 8;
  const known = isTexts ? dictionary.offsets.length - 1 : dictionary.bytes.length / itemBytes;
  const parts: Uint8Array[] = [];
  const offsets = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) {
    const number = at(i);
    if (!(number < known)) throw new Damage(`value ${number} of a dictionary of ${known}`);
    const part = isTexts
      ? dictionary.bytes.subarray(dictionary.offsets[number], dictionary.offsets[number + 1])
      : dictionary.bytes.subarray(number * itemBytes, (number + 1) * itemBytes);
    parts.push(part);
    offsets[i + 1] = offsets[i] + part.length;
  }
  const bytes = Buffer.concat(parts);
  return isTexts ? { bytes, offsets } : { bytes, bits: dictionary.bits };
}
