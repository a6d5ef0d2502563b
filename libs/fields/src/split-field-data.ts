import { BYTES, FieldCursor } from "@sluice/values";

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

/** @throws {RangeError} for bytes that are no message */
export function splitFieldData(bytes: Uint8Array): FieldBytes {
  const cursor = new FieldCursor(bytes);
  const field: { -readonly [K in keyof FieldBytes]: FieldBytes[K] } = {
    type: 0,
    name: "",
    isDynamic: false,
    members: [],
  };
  const valid: Uint8Array[] = [];
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    const [number, wireType] = [tag >>> 3, tag & 7];
    if (number === 1) field.type = cursor.varint32();
    else if (number === 6) field.isDynamic = cursor.varint32() !== 0;
    else if (number === 7 && wireType !== BYTES) valid.push(Uint8Array.of(cursor.varint32()));
    else if (number === 2) field.name = Buffer.from(cursor.lengthDelimited()).toString();
    else if (number === 3) field.scalars = cursor.lengthDelimited();
    else if (number === 4) field.vectors = cursor.lengthDelimited();
    else if (number === 7) valid.push(cursor.lengthDelimited());
    else if (number === 8) field.members = membersOf(cursor.lengthDelimited());
    else cursor.skip(wireType);
  }
  return valid.length === 0 ? field : { ...field, valid: valid.length === 1 ? valid[0] : Buffer.concat(valid) };
}

/** Of a `StructArrayField`. */
function membersOf(bytes: Uint8Array): FieldBytes[] {
  const cursor = new FieldCursor(bytes);
  const members: FieldBytes[] = [];
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag >>> 3 === 1) members.push(splitFieldData(cursor.lengthDelimited()));
    else cursor.skip(tag & 7);
  }
  return members;
}

/** The last field `number` of a message that holds bytes; undefined where it has none. */
export function bytesOf(message: Uint8Array, number: number): Uint8Array | undefined {
  const cursor = new FieldCursor(message);
  let found: Uint8Array | undefined;
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag >>> 3 === number && (tag & 7) === BYTES) found = cursor.lengthDelimited();
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
