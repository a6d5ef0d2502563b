import { excerpt, ImportError } from "@sluice/errors";
import { type JsonObject, textAt } from "../json-members.ts";

/** Members of `schema.ValueField`, with their numbers and how they are encoded. */
const members: Readonly<Record<string, readonly [number: number, encode: (json: JsonObject, key: string) => Field]>> = {
  bool_data: [1, (json, key) => varint(json[key] === true ? 1n : 0n)],
  int_data: [2, whole],
  long_data: [3, whole],
  float_data: [4, (json, key) => fixed(numbersIn(Float32Array, json, key), 5)],
  double_data: [5, (json, key) => fixed(numbersIn(Float64Array, json, key), 1)],
  string_data: [6, (json, key) => counted(Buffer.from(textAt(json, key)))],
  bytes_data: [7, (json, key) => counted(Buffer.from(textAt(json, key), "base64"))],
  timestamptz_data: [8, whole],
  date_data: [9, whole],
  time_data: [10, whole],
};

interface Field {
  readonly wireType: number;
  readonly bytes: Buffer;
}

/** A `schema.ValueField` in protobuf, of the one that JSON has; undefined for none. @throws {ImportError} `unsupported` for an unknown one */
export function valueFieldOf(json: JsonObject): Uint8Array | undefined {
  const [key] = Object.keys(json);
  if (key === undefined) return undefined;
  if (!Object.hasOwn(members, key)) throw unknownDefault(key);
  const [number, encode] = members[key];
  const { wireType, bytes } = encode(json, key);
  return new Uint8Array(Buffer.concat([Buffer.of((number << 3) | wireType), bytes]));
}

function unknownDefault(member: string): ImportError {
  const known = Object.keys(members).join(", ");
  return new ImportError("unsupported", `a default is "${excerpt(member)}", which is not known: known are ${known}`);
}

function whole(json: JsonObject, key: string): Field {
  const text = textAt(json, key);
  if (/^-?\d{1,19}$/.test(text)) return varint(BigInt(text));
  throw new ImportError("malformed_file", `the backup's meta is damaged: ${key} is "${excerpt(text)}", no number`);
}

function varint(value: bigint): Field {
  return { wireType: 0, bytes: sevenBits(BigInt.asUintN(64, value)) };
}

function sevenBits(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function fixed(bytes: Buffer, wireType: number): Field {
  return { wireType, bytes };
}

/** Texts are "NaN", "Infinity" and the like. */
function numbersIn(array: typeof Float32Array | typeof Float64Array, json: JsonObject, key: string): Buffer {
  return Buffer.from(array.of(Number(textAt(json, key))).buffer);
}

function counted(bytes: Buffer): Field {
  return { wireType: 2, bytes: Buffer.concat([sevenBits(BigInt(bytes.length)), bytes]) };
}
