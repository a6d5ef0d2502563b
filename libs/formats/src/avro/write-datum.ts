import type { AvroSchema } from "./read-datum.ts";

/** A value that is written: numbers and texts, bytes, lists, and records by the names of their members. */
export type AvroValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly AvroValue[]
  | { readonly [member: string]: AvroValue };

type Write = (value: AvroValue, to: Buffer[]) => void;

/**
 * One value in Avro's binary form, without a container. Of types it knows what manifests are made of: records, arrays, boolean, int,
 * long, string and bytes, and names of records that came before. Source: avro.apache.org, "Binary Encoding".
 */
export function writeDatum(schema: AvroSchema, value: AvroValue): Buffer {
  const pieces: Buffer[] = [];
  writer(schema, new Map())(value, pieces);
  return Buffer.concat(pieces);
}

/** @param named records that were defined before, by their names */
function writer(schema: AvroSchema, named: Map<string, Write>): Write {
  if (typeof schema === "string") return primitives[schema] ?? known(named, schema);
  const { type, name, fields, items } = schema as unknown as Record<string, never>;
  if (type === "array") return listWriter(writer(items, named));
  if (type !== "record") return writer(type, named);
  const write = recordWriter(
    (fields as { name: string; type: AvroSchema }[]).map((field) => [field.name, writer(field.type, named)]),
  );
  named.set(name, write);
  return write;
}

function known(named: ReadonlyMap<string, Write>, name: string): Write {
  const write = named.get(name);
  if (!write) throw new Error(`Avro type ${name} is not written here`);
  return write;
}

function recordWriter(members: readonly (readonly [name: string, write: Write])[]): Write {
  return (value, to) => {
    for (const [name, write] of members) write((value as { readonly [member: string]: AvroValue })[name], to);
  };
}

/** One block with all items, and the empty one that ends the list. */
function listWriter(write: Write): Write {
  return (value, to) => {
    const items = value as readonly AvroValue[];
    if (items.length > 0) to.push(varint(items.length));
    for (const item of items) write(item, to);
    to.push(varint(0));
  };
}

const primitives: Readonly<Record<string, Write>> = {
  boolean: (value, to) => to.push(Buffer.of(value ? 1 : 0)),
  int: (value, to) => to.push(varint(value as number)),
  long: (value, to) => to.push(varint(value as number | bigint)),
  string: (value, to) => pushBytes(Buffer.from(value as string), to),
  bytes: (value, to) => pushBytes(Buffer.from(value as Uint8Array), to),
};

function pushBytes(bytes: Buffer, to: Buffer[]): void {
  to.push(varint(bytes.length), bytes);
}

/** The sign in the lowest bit, then seven bits a byte, the lowest first. */
function varint(value: number | bigint): Buffer {
  const whole = BigInt.asIntN(64, BigInt(value));
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n)); ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return Buffer.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}
