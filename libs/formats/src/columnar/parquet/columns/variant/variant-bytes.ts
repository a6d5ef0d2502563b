import { Damage } from "@sluice/parquet";

/** Bytes of a VARIANT; every offset and count in them is a claim. Source: parquet-format, VariantEncoding.md. */
export class VariantBytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws {Damage} unless there are so many bytes from `at` on */
  need(at: number, count: number): void {
    if (at + count > this.bytes.length) throw new Damage("a variant is cut short");
  }

  /** An unsigned integer of one to four bytes. */
  uint(at: number, width: number): number {
    this.need(at, width);
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + this.bytes[at + i];
    return value;
  }

  /** Signed, little-endian. @throws as `need` */
  int32(at: number): number {
    this.need(at, 4);
    return this.#view.getInt32(at, true);
  }

  /** Signed, little-endian. @throws as `need` */
  int64(at: number): bigint {
    this.need(at, 8);
    return this.#view.getBigInt64(at, true);
  }

  /** A signed integer of 1, 2, 4, 8 or 16 bytes. */
  integer(at: number, width: number): bigint {
    if (width === 16) return (this.int64(at + 8) << 64n) | BigInt.asUintN(64, this.int64(at));
    if (width === 8) return this.int64(at);
    return BigInt.asIntN(8 * width, BigInt(this.uint(at, width)));
  }

  /** Little-endian. @throws as `need` */
  float(at: number): number {
    this.need(at, 4);
    return this.#view.getFloat32(at, true);
  }

  /** Little-endian. @throws as `need` */
  double(at: number): number {
    this.need(at, 8);
    return this.#view.getFloat64(at, true);
  }
}

/** The names of a variant's keys. */
export class VariantNames {
  readonly #bytes: VariantBytes;
  readonly #width: number;
  readonly #count: number;

  /** @throws {Damage} for another version */
  constructor(metadata: Uint8Array) {
    this.#bytes = new VariantBytes(metadata);
    const header = this.#bytes.uint(0, 1);
    if ((header & 0x0f) !== 1) throw new Damage(`a variant of version ${header & 0x0f}, not 1`);
    this.#width = (header >>> 6) + 1;
    this.#count = this.#bytes.uint(1, this.#width);
  }

  /** UTF-8 of a name. @throws {Damage} */
  name(id: number): Uint8Array {
    if (id >= this.#count) throw new Damage(`a variant names key ${id} of ${this.#count}`);
    const texts = 1 + (this.#count + 2) * this.#width;
    const [start, end] = [id, id + 1].map((i) => texts + this.#bytes.uint(1 + (1 + i) * this.#width, this.#width));
    if (start > end) throw new Damage("a variant's names overlap");
    this.#bytes.need(start, end - start);
    return this.#bytes.bytes.subarray(start, end);
  }
}
