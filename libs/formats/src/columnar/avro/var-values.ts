import { damaged } from "../../avro/read-datum.ts";
import type { AvroNode } from "./avro-node.ts";
import type { BlockCursor } from "./block-cursor.ts";
import { type BatchMemory, type Memory, Offsets, ValueColumn } from "./value-column.ts";

/** Text, bytes and the names of an enum. */
export class VarValues extends ValueColumn {
  readonly #symbols: readonly Uint8Array[] | undefined;
  #bytes: Memory = new Uint8Array(0);
  #offsets = new Offsets();
  #end = 0;

  constructor(node: AvroNode, memory: BatchMemory) {
    super(node, memory);
    this.#symbols = node.symbols;
  }

  protected value(at: BlockCursor): void {
    if (this.#symbols) {
      const choice = at.size();
      const symbol = this.#symbols[choice];
      if (!symbol) throw damaged(`symbol ${choice} of an enum of ${this.#symbols.length}`);
      this.#add(symbol, 0, symbol.length, at);
      return;
    }
    const length = at.size();
    const begin = at.take(length);
    this.#add(at.bytes, begin, length, at);
  }

  #add(from: Uint8Array, begin: number, length: number, at: BlockCursor): void {
    const end = this.#end + length;
    at.made += length + 4;
    if (end > this.#bytes.length) this.#bytes = this.memory.grown(this.#bytes, end);
    if (length < 32) for (let i = 0; i < length; i++) this.#bytes[this.#end + i] = from[begin + i];
    else this.#bytes.set(from.subarray(begin, begin + length), this.#end);
    this.#end = end;
    this.#offsets.set(this.count + 1, end, this.memory);
  }

  protected nothing(): void {
    this.#offsets.set(this.count + 1, this.#end, this.memory);
  }

  protected taken() {
    const data = this.#bytes.subarray(0, this.#end);
    this.#end = 0;
    return { data, offsets: this.#offsets.first(this.count + 1) };
  }
}
