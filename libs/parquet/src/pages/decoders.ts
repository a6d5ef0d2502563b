import { Damage } from "../damage.ts";
import { ByteStreamSplitDecoder } from "../encodings/byte-stream-split.ts";
import { DeltaBinaryPackedDecoder } from "../encodings/delta-binary-packed.ts";
import { DeltaBytesDecoder, DeltaLengthDecoder } from "../encodings/delta-bytes.ts";
import { Dictionary, DictionaryBytesDecoder, DictionaryFixedDecoder } from "../encodings/dictionary.ts";
import { PlainBoolDecoder, PlainBytesDecoder, PlainFixedDecoder } from "../encodings/plain.ts";
import { RleBoolDecoder } from "../encodings/rle-bool.ts";
import type { BytesDecoder, FixedDecoder, Resettable } from "../encodings/value-decoder.ts";
import type { LeafType } from "../footer/leaf-type.ts";
import { Encoding, encodingName } from "../format.ts";
import type { PageMemory } from "./page-memory.ts";

/** The decoders of one column, made when a page first asks for them, and its dictionary. */
export class ColumnDecoders {
  readonly #width: number;
  readonly #isBool: boolean;
  readonly #isInteger: boolean;
  readonly #memory: PageMemory;
  readonly #made = new Map<number, (FixedDecoder | BytesDecoder) & Resettable>();
  readonly dictionary: Dictionary;
  hasDictionary = false;

  /** @param physicalType as in the schema @param width bytes of a value, 0 for byte arrays */
  constructor(physicalType: string, { width }: LeafType, memory: PageMemory) {
    this.#width = width;
    this.#memory = memory;
    this.dictionary = new Dictionary(memory);
    this.#isBool = physicalType === "BOOLEAN";
    this.#isInteger = physicalType === "INT32" || physicalType === "INT64";
  }

  /** Values of equal width, and so `FixedDecoder`s. */
  get isFixed(): boolean {
    return this.#width > 0;
  }

  /** The decoder for the values `bytes[start, end)` of a data page. @throws {Damage} */
  open(encoding: number, bytes: Uint8Array, start: number, end: number): FixedDecoder | BytesDecoder {
    const key = encoding === Encoding.PlainDictionary ? Encoding.RleDictionary : encoding;
    let decoder = this.#made.get(key);
    if (!decoder) this.#made.set(key, (decoder = this.#make(key)));
    if (key === Encoding.RleDictionary && !this.hasDictionary)
      throw new Damage("a page refers to a dictionary, and the chunk has none");
    decoder.reset(bytes, start, end);
    return decoder;
  }

  /** Takes over a dictionary page: `count` PLAIN values. @throws {Damage} */
  setDictionary(encoding: number, count: number, bytes: Uint8Array): void {
    if (encoding !== Encoding.Plain && encoding !== Encoding.PlainDictionary) {
      throw new Damage(`a dictionary page is encoded as ${encodingName(encoding)}`);
    }
    if (this.#isBool) throw new Damage("booleans have no dictionary");
    this.hasDictionary = true;
    this.dictionary.size = count;
    if (this.isFixed) this.#setFixed(count, bytes);
    else this.#setBytes(count, bytes);
  }

  #setFixed(count: number, bytes: Uint8Array): void {
    const size = count * this.#width;
    if (size > bytes.length) throw new Damage(`a dictionary of ${count} values has ${bytes.length} bytes`);
    if (this.dictionary.fixed.length < size) {
      this.#giveFixed();
      this.dictionary.fixed = this.#memory.take(size);
    }
    this.dictionary.fixed.set(bytes.subarray(0, size));
  }

  /** Gives the memory of the dictionary back. Another one may come. */
  release(): void {
    this.#giveFixed();
    this.dictionary.bytes.release();
  }

  #giveFixed(): void {
    this.#memory.give(this.dictionary.fixed);
    this.dictionary.fixed = new Uint8Array(0);
  }

  #setBytes(count: number, bytes: Uint8Array): void {
    if (count * 4 > bytes.length) throw new Damage(`a dictionary of ${count} values has ${bytes.length} bytes`);
    const plain = new PlainBytesDecoder();
    plain.reset(bytes, 0, bytes.length);
    this.dictionary.bytes.clear();
    plain.read(count, this.dictionary.bytes);
  }

  #make(encoding: number): (FixedDecoder | BytesDecoder) & Resettable {
    const decoder = this.isFixed ? this.#makeFixed(encoding) : this.#makeBytes(encoding);
    if (!decoder) throw new Damage(`a page is encoded as ${encodingName(encoding)}, which its type does not allow`);
    return decoder;
  }

  #makeFixed(encoding: number): (FixedDecoder & Resettable) | undefined {
    const width = this.#width;
    if (encoding === Encoding.Plain) return this.#isBool ? new PlainBoolDecoder() : new PlainFixedDecoder(width);
    if (this.#isBool) return encoding === Encoding.Rle ? new RleBoolDecoder() : undefined;
    if (encoding === Encoding.RleDictionary) return new DictionaryFixedDecoder(width, this.dictionary);
    if (encoding === Encoding.ByteStreamSplit) return new ByteStreamSplitDecoder(width);
    if (encoding === Encoding.DeltaBinaryPacked && this.#isInteger) return new DeltaBinaryPackedDecoder(width);
    return encoding === Encoding.DeltaByteArray && !this.#isInteger ? new DeltaBytesDecoder(width) : undefined;
  }

  #makeBytes(encoding: number): (BytesDecoder & Resettable) | undefined {
    if (encoding === Encoding.Plain) return new PlainBytesDecoder();
    if (encoding === Encoding.RleDictionary) return new DictionaryBytesDecoder(this.dictionary);
    if (encoding === Encoding.DeltaLengthByteArray) return new DeltaLengthDecoder();
    return encoding === Encoding.DeltaByteArray ? new DeltaBytesDecoder() : undefined;
  }
}
