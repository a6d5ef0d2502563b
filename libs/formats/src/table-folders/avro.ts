import { inflateRawSync, zstdDecompressSync } from "node:zlib";
import { ImportError } from "@sluice/errors";

// Avro object container files, whole in memory: the manifests of Iceberg. Source: avro.apache.org, "Specification".

const MAGIC = "Obj\x01";
const SYNC_BYTES = 16;
/** What all blocks of a file may hold. */
const MAX_BYTES = 256 << 20;

type Schema = string | readonly Schema[] | { readonly type: Schema; readonly [key: string]: unknown };
type Read = (at: Reader) => unknown;

/** The records of a file, as plain objects; longs are bigints beyond 2^53. @throws {ImportError} `malformed_file`, `unsupported` */
export function readAvro(bytes: Uint8Array): Record<string, unknown>[] {
  try {
    return recordsOf(bytes);
  } catch (error) {
    // A schema of any other shape, or one that is inside of itself.
    throw error instanceof ImportError ? error : damaged(`its schema is none: ${(error as Error).message}`);
  }
}

function recordsOf(bytes: Uint8Array): Record<string, unknown>[] {
  const file = new Reader(bytes);
  if (file.text(MAGIC.length) !== MAGIC) throw damaged("it does not begin with Obj");
  const metadata = file.map((at) => Buffer.from(at.bytes(at.size())).toString());
  const read = reader(parsed(metadata["avro.schema"]), new Map());
  const records: Record<string, unknown>[] = [];
  file.bytes(SYNC_BYTES);
  for (let left = MAX_BYTES; !file.isAtEnd; file.bytes(SYNC_BYTES)) {
    const count = file.size();
    const block = inflated(file.bytes(file.size()), metadata["avro.codec"] ?? "null", left);
    left -= block.length;
    // Records of nothing at all have no file of Iceberg.
    if (count > block.length) throw damaged(`${count} records in ${block.length} bytes`);
    const at = new Reader(block);
    for (let i = 0; i < count; i++) records.push(read(at) as Record<string, unknown>);
  }
  return records;
}

function parsed(text: string | undefined): Schema {
  try {
    return JSON.parse(text ?? "");
  } catch {
    throw damaged("its schema is no JSON");
  }
}

function inflated(block: Uint8Array, codec: string, maxOutputLength: number): Uint8Array {
  if (codec === "null") return block;
  const inflate = codec === "deflate" ? inflateRawSync : codec === "zstandard" ? zstdDecompressSync : undefined;
  if (!inflate)
    throw new ImportError("unsupported", `the Avro file is compressed with ${codec}: write it with deflate`);
  try {
    return inflate(block, { maxOutputLength });
  } catch (error) {
    throw damaged((error as Error).message);
  }
}

/** @param named types that were defined before, by their names */
function reader(schema: Schema, named: Map<string, Read>): Read {
  if (typeof schema === "string") return primitives[schema] ?? ((at) => (named.get(schema) ?? unknown(schema))(at));
  if (Array.isArray(schema)) {
    const choices = schema.map((choice) => reader(choice, named));
    return (at) => (choices[at.size()] ?? unknown("of a union"))(at);
  }
  const { type, name, fields, items, values, size } = schema as unknown as Record<string, never>;
  const define = (read: Read) => {
    if (name) named.set(name, read);
    return read;
  };
  switch (type as Schema) {
    case "record": {
      const members: [string, Read][] = [];
      const read = define((at) => Object.fromEntries(members.map(([key, member]) => [key, member(at)])));
      for (const field of fields as { name: string; type: Schema }[])
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

const primitives: Readonly<Record<string, Read>> = {
  null: () => null,
  boolean: (at) => at.bytes(1)[0] !== 0,
  int: (at) => at.long(),
  long: (at) => at.long(),
  float: (at) => at.bytes(4),
  double: (at) => at.bytes(8),
  bytes: (at) => at.bytes(at.size()),
  string: (at) => at.text(at.size()),
};

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  bytes(count: number): Uint8Array {
    if (count < 0 || this.#at + count > this.#bytes.length) throw damaged("it breaks off");
    return this.#bytes.subarray(this.#at, (this.#at += count));
  }

  text(count: number): string {
    return Buffer.from(this.bytes(count)).toString();
  }

  /** Seven bits a byte, the lowest first, the sign in the lowest of all. */
  long(): number | bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const [byte] = this.bytes(1);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
      if (shift > 63n) throw damaged("a number is too long");
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
  list(read: Read): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      const count = Number(this.long());
      if (count === 0) return items;
      if (count < 0) this.size();
      if (Math.abs(count) > this.#bytes.length - this.#at) throw damaged(`${count} items`);
      for (let i = 0; i < Math.abs(count); i++) items.push(read(this));
    }
  }

  map<T>(read: (at: Reader) => T): Record<string, T> {
    return Object.fromEntries(this.list((at) => [at.text(at.size()), read(at)]) as [string, T][]);
  }
}

function damaged(what: string): ImportError {
  return new ImportError("malformed_file", `the Avro file is damaged: ${what}`);
}
