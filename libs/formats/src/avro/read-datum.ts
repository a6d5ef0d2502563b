import { ImportError } from "@sluice/errors";

// Values in Avro's binary form, which nothing but their schema tells apart. Source: avro.apache.org, "Specification".

/** A type by its name, a union, or a type with what belongs to it, as Avro's JSON has them. */
export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | { readonly type: AvroSchema; readonly [key: string]: unknown };

/** What is said of bytes that end inside a value: whoever has only the first of more may read on. */
export const BREAKS_OFF = "it breaks off";

/** Reads a value where a reader stands. Records are plain objects; longs are bigints beyond 2^53. */
export type ReadAvro = (at: AvroReader) => unknown;

/**
 * Reads one value, and that there is nothing behind it.
 * @throws {ImportError} `malformed_file`
 */
export function readDatum(read: ReadAvro, bytes: Uint8Array): unknown {
  const at = new AvroReader(bytes);
  const value = read(at);
  if (at.isAtEnd) return value;
  throw damaged("it goes on behind its end");
}

/** How values of a schema are read. @throws {ImportError} `malformed_file` for types that are none */
export function avroReader(schema: AvroSchema): ReadAvro {
  return reader(schema, new Map());
}

/** @param named types that were defined before, by their names */
function reader(schema: AvroSchema, named: Map<string, ReadAvro>): ReadAvro {
  if (typeof schema === "string") return primitives[schema] ?? ((at) => (named.get(schema) ?? unknown(schema))(at));
  if (Array.isArray(schema)) {
    const choices = schema.map((choice) => reader(choice, named));
    return (at) => (choices[at.size()] ?? unknown("of a union"))(at);
  }
  const { type, name, fields, items, values, size } = schema as unknown as Record<string, never>;
  const define = (read: ReadAvro) => {
    if (name) named.set(name, read);
    return read;
  };
  switch (type as AvroSchema) {
    case "record": {
      const members: [string, ReadAvro][] = [];
      const read = define((at) => Object.fromEntries(members.map(([key, member]) => [key, member(at)])));
      for (const field of fields as { name: string; type: AvroSchema }[])
        members.push([field.name, reader(field.type, named)]);
      return read;
    }
    case "array": {
      const item = reader(items, named);
      return (at) => at.list(item);
    }
    case "map": {
      const value = reader(values, named);
      return (at) => at.map(value);
    }
    case "fixed":
      return define((at) => at.bytes(size));
    case "enum":
      return define((at) => at.size());
  }
  return reader(type, named);
}

function unknown(what: string): never {
  throw damaged(`an unknown type ${what}`);
}

const primitives: Readonly<Record<string, ReadAvro>> = {
  null: () => null,
  boolean: (at) => at.bytes(1)[0] !== 0,
  int: (at) => at.long(),
  long: (at) => at.long(),
  float: (at) => at.bytes(4),
  double: (at) => at.bytes(8),
  bytes: (at) => at.bytes(at.size()),
  string: (at) => at.text(at.size()),
};

/** Where one is in bytes. */
export class AvroReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Behind what was read. */
  get position(): number {
    return this.#at;
  }

  /** No byte is left. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next ones, borrowed. @throws {ImportError} `malformed_file` where they end before */
  bytes(count: number): Uint8Array {
    if (count < 0 || this.#at + count > this.#bytes.length) throw damaged(BREAKS_OFF);
    return this.#bytes.subarray(this.#at, (this.#at += count));
  }

  /** @param count of bytes, in UTF-8 @throws {ImportError} `malformed_file` where they end before */
  text(count: number): string {
    return Buffer.from(this.bytes(count)).toString();
  }

  /** Seven bits a byte, the lowest first, the sign in the lowest of all. */
  long(): number | bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const [byte] = this.bytes(1);
      value |= BigInt(byte & 0x7f) << shift;
      // Of the tenth byte one bit is left.
      if (shift === 63n && byte > 1) throw damaged("a number is too long");
      if (byte < 0x80) break;
    }
    const signed = (value >> 1n) ^ -(value & 1n);
    return BigInt(Number(signed)) === signed && Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  /** A length or count. */
  size(): number {
    const value = this.long();
    if (typeof value === "number" && value >= 0) return value;
    throw damaged(`a size is ${value}`);
  }

  /** Blocks of items, the last one empty; a negative count is followed by the bytes of its block. */
  list(read: ReadAvro): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      const count = Number(this.long());
      if (count === 0) return items;
      if (count < 0) this.size();
      if (Math.abs(count) > this.#bytes.length - this.#at) throw damaged(`${count} items`);
      for (let i = 0; i < Math.abs(count); i++) items.push(read(this));
    }
  }

  /** @param read a value */
  map<T>(read: (at: AvroReader) => T): Record<string, T> {
    return Object.fromEntries(this.list((at) => [at.text(at.size()), read(at)]) as [string, T][]);
  }
}

/** Code `malformed_file`. */
export function damaged(what: string): ImportError {
  return new ImportError("malformed_file", `the Avro file is damaged: ${what}`);
}
