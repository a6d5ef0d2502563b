import { DataType } from "@sluice/schema";
import { type ArrayElement, decodeArrayCell } from "@sluice/values";
import { ByteWriter } from "../byte-writer.ts";

/** Elements of lists, one after the other, in PLAIN encoding. */
export class ListElements {
  readonly #type: DataType;
  readonly #bytes = new ByteWriter();
  /** Of bits: how many. */
  #count = 0;
  #bits = 0;

  constructor(type: DataType) {
    this.#type = type;
  }

  /** Takes all elements of a cell, and tells how many. */
  add(cell: Uint8Array): number {
    const elements = decodeArrayCell(this.#type, cell);
    for (const element of elements) this.#put(element);
    return elements.length;
  }

  /** All of them; valid until the next one is added. */
  finish(): Uint8Array {
    if (this.#count % 8 > 0) this.#bytes.byte(this.#bits);
    return this.#bytes.written;
  }

  #put(element: ArrayElement): void {
    switch (this.#type) {
      case DataType.Bool:
        this.#bit(element === true);
        return;
      case DataType.Int64:
        this.#bytes.int64(element as bigint);
        return;
      case DataType.Float:
        this.#bytes.float32(element as number);
        return;
      case DataType.Double:
        this.#bytes.float64(element as number);
        return;
      case DataType.VarChar:
      case DataType.String: {
        const text = Buffer.from(element as string);
        this.#bytes.uint32(text.length);
        this.#bytes.bytes(text);
        return;
      }
      default:
        this.#bytes.uint32((element as number) >>> 0);
    }
  }

  #bit(isSet: boolean): void {
    if (isSet) this.#bits |= 1 << (this.#count & 7);
    if ((++this.#count & 7) > 0) return;
    this.#bytes.byte(this.#bits);
    this.#bits = 0;
  }
}
