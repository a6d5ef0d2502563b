import { damaged } from "../../avro/read-datum.ts";
import type { AvroNode } from "./avro-node.ts";
import type { BlockCursor } from "./block-cursor.ts";
import { type BatchMemory, type Memory, ValueColumn } from "./value-column.ts";

/** Values of one width. */
export class FixedValues extends ValueColumn {
  readonly #width: number;
  readonly #write: (at: BlockCursor, to: FixedValues, offset: number) => void;
  bytes: Memory = new Uint8Array(0);
  words = new Int32Array(0);

  constructor(node: AvroNode, memory: BatchMemory, write: typeof writers.int) {
    super(node, memory);
    this.#width = node.is === "boolean" ? 1 : node.field.type.width;
    this.#write = write;
    this.widthOfNone = this.#width;
  }

  protected override readonly widthOfNone: number;

  /** Room for so many values behind those that are there. */
  reserve(values: number): void {
    const end = (this.count + values) * this.#width;
    if (end <= this.bytes.length) return;
    this.bytes = this.memory.grown(this.bytes, Math.ceil(end / 8) * 8);
    this.words = new Int32Array(this.bytes.buffer, 0, this.bytes.length >> 2);
  }

  protected value(at: BlockCursor): void {
    this.reserve(1);
    at.made += this.#width;
    this.#write(at, this, this.count * this.#width);
  }

  /** Values that lie as columns do, many at a time. */
  readMany(at: BlockCursor, count: number): void {
    const bytes = count * this.#width;
    const begin = at.take(bytes);
    this.reserve(count);
    at.made += bytes;
    this.bytes.set(at.bytes.subarray(begin, begin + bytes), this.count * this.#width);
    this.count += count;
  }

  protected nothing(): void {
    this.reserve(1);
    this.bytes.fill(0, this.count * this.#width, (this.count + 1) * this.#width);
  }

  protected taken() {
    return { data: this.bytes.subarray(0, this.count * this.#width) };
  }
}

/** How values are written to where they belong. */
export const writers = {
  boolean: (at: BlockCursor, { bytes }: FixedValues, offset: number) => {
    const byte = at.byte();
    if (byte > 1) throw damaged(`a boolean is ${byte}`);
    bytes[offset] = byte;
  },
  int: (at: BlockCursor, { words }: FixedValues, offset: number) => {
    words[offset >> 2] = at.int();
  },
  long: (at: BlockCursor, { words }: FixedValues, offset: number) => {
    const { low, high } = at.long();
    words[offset >> 2] = low;
    words[(offset >> 2) + 1] = high;
  },
  bytes: (at: BlockCursor, { bytes }: FixedValues, offset: number, width: number) => {
    const begin = at.take(width);
    for (let i = 0; i < width; i++) bytes[offset + i] = at.bytes[begin + i];
  },
  /** The highest byte first, as few as there are, to 32 with the lowest first. */
  decimal: (at: BlockCursor, { bytes }: FixedValues, offset: number, length: number) => {
    const begin = at.take(length);
    const sign = length > 0 && at.bytes[begin] >= 0x80 ? 0xff : 0;
    for (let i = 32; i < length; i++)
      if (at.bytes[begin + length - 1 - i] !== sign) throw damaged("a decimal has more than 256 bits");
    for (let i = 0; i < 32; i++) bytes[offset + i] = i < length ? at.bytes[begin + length - 1 - i] : sign;
  },
};
