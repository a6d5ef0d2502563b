import { Damage } from "@sluice/parquet";

/** Wire types. Source: Protocol Buffers, encoding. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/** The fields of a message by their numbers: each as often as it stands there. */
export class Message {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>();

  /** @throws {Damage} */
  constructor(bytes: Uint8Array) {
    const reader = new Varints(bytes);
    while (reader.at < bytes.length) {
      const key = reader.next();
      const [field, type] = [Math.floor(key / 8), key % 8];
      const values = this.#fields.get(field) ?? [];
      this.#fields.set(field, values);
      if (type === VARINT) values.push(reader.big());
      else if (type === BYTES) values.push(reader.bytes(reader.next()));
      else if (type === FIXED64) values.push(reader.bytes(8));
      else if (type === FIXED32) values.push(reader.bytes(4));
      else throw new Damage(`a field has the wire type ${type}`);
    }
  }

  /** Whether the message has the field at all. */
  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** 0 where it is not there. */
  number(field: number): number {
    return Number(this.big(field));
  }

  /** The same, exactly. */
  big(field: number): bigint {
    const value = this.#fields.get(field)?.at(-1) ?? 0n;
    if (typeof value === "bigint") return value;
    throw new Damage(`field ${field} is no number`);
  }

  /** The last one, as of all that read a single value; empty where it is not there. @throws {Damage} for a number */
  bytes(field: number): Uint8Array {
    return this.all(field).at(-1) ?? new Uint8Array(0);
  }

  /** In UTF-8; "" where it is not there. @throws {Damage} for a number */
  text(field: number): string {
    return Buffer.from(this.bytes(field)).toString();
  }

  /** An empty one where it is not there. @throws {Damage} */
  message(field: number): Message {
    return new Message(this.bytes(field));
  }

  /** In the order in which they stand there. @throws {Damage} */
  messages(field: number): Message[] {
    return this.all(field).map((bytes) => new Message(bytes));
  }

  /** Numbers one by one, or packed. */
  numbers(field: number): number[] {
    return this.bigs(field).map(Number);
  }

  /** The same, exactly; negative ones are those of 64 bits. */
  bigs(field: number): bigint[] {
    return (this.#fields.get(field) ?? []).flatMap((value) => {
      if (typeof value === "bigint") return [value];
      const [reader, numbers] = [new Varints(value), [] as bigint[]];
      while (reader.at < value.length) numbers.push(reader.big());
      return numbers;
    });
  }

  /** In the order in which they stand there. @throws {Damage} for a number */
  all(field: number): Uint8Array[] {
    return (this.#fields.get(field) ?? []).map((value) => {
      if (typeof value !== "bigint") return value;
      throw new Damage(`field ${field} is a number`);
    });
  }
}

class Varints {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Numbers beyond 2^53, such as negative ones, are as good as infinite: comparisons refuse them. */
  next(): number {
    return Number(this.big());
  }

  big(): bigint {
    let value = 0n;
    for (let i = 0; i < 10 && this.at < this.#bytes.length; i++) {
      const byte = this.#bytes[this.at++];
      value += BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value;
    }
    throw new Damage("a number has no end");
  }

  bytes(count: number): Uint8Array {
    const end = this.at + count;
    if (!(end <= this.#bytes.length)) throw new Damage("a field ends behind its message");
    this.at = end;
    return this.#bytes.subarray(end - count, end);
  }
}
