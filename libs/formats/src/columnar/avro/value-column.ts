import { damaged } from "../../avro/read-datum.ts";
import type { ArrowValues } from "../arrow/ipc/arrow-values.ts";
import type { AvroNode } from "./avro-node.ts";
import type { BlockCursor } from "./block-cursor.ts";

/** What values lie in. */
export type Memory = Uint8Array<ArrayBuffer>;

/** What the values of a batch may take, however few bytes of a block they are. */
export class BatchMemory {
  #left: number;

  /** @param limitBytes for as long as it is used */
  constructor(limitBytes: number) {
    this.#left = limitBytes;
  }

  /** Larger memory in place of another one. @throws {RangeError} */
  grown(from: Memory, bytes: number): Memory {
    const size = Math.max(bytes, Math.min(2 * from.length, from.length + (16 << 20)), 1024);
    this.#left -= size - from.length;
    if (this.#left < 0) throw new RangeError("a batch has too many bytes");
    const to = new Uint8Array(size);
    to.set(from);
    return to;
  }
}

/** The values of a column of a batch, in the order of the rows. */
export abstract class ValueColumn {
  protected readonly memory: BatchMemory;
  readonly #node: AvroNode;
  #validity: Memory = new Uint8Array(0);
  #hasNulls = false;
  protected count = 0;

  constructor(node: AvroNode, memory: BatchMemory) {
    this.#node = node;
    this.memory = memory;
  }

  /** The next value of a block. @throws {ImportError} `malformed_file` @throws {RangeError} */
  read(at: BlockCursor): void {
    const { nullAt } = this.#node;
    if (nullAt !== undefined) {
      const choice = at.size();
      if (choice > 1) throw damaged(`choice ${choice} of a union of two`);
      if (choice === nullAt) {
        at.made += this.widthOfNone;
        this.none();
        return;
      }
    }
    this.value(at);
    if (this.#hasNulls) this.#mark(1);
    this.count++;
  }

  /** No value, in a row that has others. */
  none(): void {
    this.nothing();
    if (!this.#hasNulls) {
      this.#hasNulls = true;
      this.#reserve();
      this.#validity.fill(1, 0, this.count);
    }
    this.#mark(0);
    this.count++;
  }

  #mark(valid: number): void {
    this.#reserve();
    this.#validity[this.count] = valid;
  }

  #reserve(): void {
    if (this.#validity.length <= this.count) this.#validity = this.memory.grown(this.#validity, this.count + 1);
  }

  /** Those since the last time; they are valid until the next one is read. */
  take(): ArrowValues {
    const length = this.count;
    const validity = this.#hasNulls ? this.#validity.subarray(0, length) : undefined;
    const taken = this.taken();
    this.count = 0;
    this.#hasNulls = false;
    return { field: this.#node.field, length, validity, data: NOTHING, offsets: NO_OFFSETS, children: [], ...taken };
  }

  protected readonly widthOfNone: number = 1;
  protected abstract value(at: BlockCursor): void;
  protected abstract nothing(): void;
  protected abstract taken(): Partial<ArrowValues>;
}

const NOTHING = new Uint8Array(0);
const NO_OFFSETS = new Uint32Array(1);

/** Ends of values among those that lie one behind the other; the first is 0. */
export class Offsets {
  #bytes: Memory = new Uint8Array(0);
  #offsets = new Uint32Array(1);

  /** @param index from 0, one more than the last at most */
  set(index: number, end: number, memory: BatchMemory): void {
    if (index >= this.#offsets.length) {
      this.#bytes = memory.grown(this.#bytes, 4 * (index + 1));
      this.#offsets = new Uint32Array(this.#bytes.buffer, 0, this.#bytes.length >> 2);
    }
    this.#offsets[index] = end;
  }

  /** A view of the first `count`. */
  first(count: number): Uint32Array {
    return this.#offsets.subarray(0, count);
  }
}
