import { BYTES, FieldCursor, VARINT } from "@sluice/values";
import { tagOf } from "./message-parts.ts";
import { packedNumbers } from "./packed-numbers.ts";

/** A serialized `schema.FieldData`, taken apart; values stay as they came. Source: Milvus `schema.proto`. */
export interface FieldBytes {
  readonly type: number;
  readonly name: string;
  readonly isDynamic: boolean;
  /** The serialized `ScalarField`, `VectorField`; absent where another one is. */
  readonly scalars?: Uint8Array;
  readonly vectors?: Uint8Array;
  /** Of a struct array. */
  readonly members: readonly FieldBytes[];
  /** One byte a row, 0 = null; absent where the field has none. */
  readonly valid?: Uint8Array;
}

/** Of a struct array: more than any collection has fields. */
const MAX_MEMBERS = 1024;

// Tags of `schema.FieldData`. What has another wire type is another program's field, and passed over as such.
const TYPE = tagOf(1, VARINT);
const NAME = tagOf(2, BYTES);
const SCALARS = tagOf(3, BYTES);
const VECTORS = tagOf(4, BYTES);
const IS_DYNAMIC = tagOf(6, VARINT);
/** Where nulls are marked: by clients of Milvus 3 beside the values, by all others behind them. */
const VALID = { field: 7, scalars: 17, vectors: 9 };
const MEMBERS = tagOf(8, BYTES);

/** @throws {RangeError} for bytes that are no message, and for struct arrays in struct arrays */
export function splitFieldData(bytes: Uint8Array): FieldBytes {
  return split(bytes, membersOf);
}

function split(bytes: Uint8Array, readMembers: (bytes: Uint8Array) => FieldBytes[]): FieldBytes {
  const cursor = new FieldCursor(bytes);
  const field: { -readonly [K in keyof FieldBytes]: FieldBytes[K] } = {
    type: 0,
    name: "",
    isDynamic: false,
    members: [],
  };
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag === TYPE) field.type = cursor.varint32();
    else if (tag === NAME) field.name = Buffer.from(cursor.lengthDelimited()).toString();
    else if (tag === SCALARS) field.scalars = merged(field.scalars, cursor.lengthDelimited());
    else if (tag === VECTORS) field.vectors = merged(field.vectors, cursor.lengthDelimited());
    else if (tag === IS_DYNAMIC) field.isDynamic = cursor.varint32() !== 0;
    else if (tag === MEMBERS) field.members = readMembers(cursor.lengthDelimited());
    else cursor.skip(tag & 7);
  }
  const valid = validityOf(bytes, field);
  return valid.length > 0 ? { ...field, valid } : field;
}

function validityOf(bytes: Uint8Array, { scalars, vectors }: Pick<FieldBytes, "scalars" | "vectors">): Uint8Array {
  const beside = scalars
    ? packedNumbers(scalars, VALID.scalars, VARINT)
    : packedNumbers(vectors ?? new Uint8Array(0), VALID.vectors, VARINT);
  return beside.length > 0 ? beside : packedNumbers(bytes, VALID.field, VARINT);
}

/** Of a `StructArrayField`. */
function membersOf(bytes: Uint8Array): FieldBytes[] {
  const cursor = new FieldCursor(bytes);
  const members: FieldBytes[] = [];
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag !== tagOf(1, BYTES)) cursor.skip(tag & 7);
    else if (members.length === MAX_MEMBERS)
      throw new RangeError(`a struct array has more than ${MAX_MEMBERS} members`);
    else members.push(split(cursor.lengthDelimited(), refuseMembers));
  }
  return members;
}

function refuseMembers(): never {
  throw new RangeError("a member of a struct array cannot be a struct array");
}

/** Of a message that is given in parts, which one after the other are the whole. Source: protobuf.dev, "Last One Wins". */
function merged(before: Uint8Array | undefined, part: Uint8Array): Uint8Array {
  return before ? Buffer.concat([before, part]) : part;
}

/** A message that is the field `number` of another one; undefined where it has none. */
export function messageOf(message: Uint8Array, number: number): Uint8Array | undefined {
  return lengthDelimited(message, number, merged);
}

/** Bytes that are the field `number` of a message, the last ones; undefined where it has none. */
export function bytesOf(message: Uint8Array, number: number): Uint8Array | undefined {
  return lengthDelimited(message, number, (_, last) => last);
}

function lengthDelimited(message: Uint8Array, number: number, join: typeof merged): Uint8Array | undefined {
  const cursor = new FieldCursor(message);
  let found: Uint8Array | undefined;
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag === tagOf(number, BYTES)) found = join(found, cursor.lengthDelimited());
    else cursor.skip(tag & 7);
  }
  return found;
}

/** A number, the field `number` of a message; 0 where it has none. */
export function numberOf(message: Uint8Array, number: number): number {
  const cursor = new FieldCursor(message);
  let found = 0;
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag >>> 3 === number && (tag & 7) === 0) found = cursor.varint32();
    else cursor.skip(tag & 7);
  }
  return found;
}
