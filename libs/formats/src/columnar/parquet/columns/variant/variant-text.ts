import { isUtf8 } from "node:buffer";
import { Damage } from "@sluice/parquet";
import { type TextOut, writeFloat } from "../../../../text-out.ts";
import { scaledText } from "../decimals.ts";
import { clockText, dateText, instantText } from "../timestamps.ts";
import { VariantBytes, type VariantNames } from "./variant-bytes.ts";

const [PRIMITIVE, SHORT_STRING, OBJECT] = [0, 1, 2];
const MAX_DEPTH = 512;

/**
 * Writes a VARIANT as JSON: times and UUIDs as text, bytes in base64, NaN as null.
 * @throws {RangeError} for what JSON does not have @throws {Damage}
 */
export function writeVariant(names: VariantNames, value: Uint8Array, out: TextOut): void {
  new VariantText(names, new VariantBytes(value), out).value(0, 0);
}

/** The members of a VARIANT that is an object, each with a comma before it but the first of all. @throws as `writeVariant` */
export function writeVariantMembers(names: VariantNames, value: Uint8Array, isFirst: boolean, out: TextOut): void {
  new VariantText(names, new VariantBytes(value), out).members(0, isFirst);
}

class VariantText {
  readonly #names: VariantNames;
  readonly #bytes: VariantBytes;
  readonly #out: TextOut;

  constructor(names: VariantNames, bytes: VariantBytes, out: TextOut) {
    this.#names = names;
    this.#bytes = bytes;
    this.#out = out;
  }

  value(at: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new Damage(`a variant of more than ${MAX_DEPTH} levels`);
    const first = this.#bytes.uint(at, 1);
    const [kind, header] = [first & 3, first >>> 2];
    if (kind === PRIMITIVE) this.#primitive(header, at + 1);
    else if (kind === SHORT_STRING) this.#string(at + 1, header);
    else if (kind === OBJECT) {
      this.#out.ascii("{");
      this.members(at, true, depth);
      this.#out.ascii("}");
    } else this.#list(header, at + 1, depth);
  }

  members(at: number, isFirst: boolean, depth = 0): void {
    const first = this.#bytes.uint(at, 1);
    if ((first & 3) !== OBJECT) throw new Damage("what is left of a shredded variant is no object");
    const header = first >>> 2;
    const [offsetWidth, idWidth, countWidth] = [
      (header & 3) + 1,
      ((header >>> 2) & 3) + 1,
      (header & 16) === 0 ? 1 : 4,
    ];
    const count = this.#bytes.uint(at + 1, countWidth);
    const ids = at + 1 + countWidth;
    const offsets = ids + count * idWidth;
    const values = offsets + (count + 1) * offsetWidth;
    this.#bytes.need(offsets, (count + 1) * offsetWidth);
    for (let i = 0; i < count; i++) {
      if (i > 0 || !isFirst) this.#out.ascii(",");
      const name = this.#names.name(this.#bytes.uint(ids + i * idWidth, idWidth));
      this.#quoted(name);
      this.#out.ascii(":");
      this.value(values + this.#bytes.uint(offsets + i * offsetWidth, offsetWidth), depth + 1);
    }
  }

  #list(header: number, at: number, depth: number): void {
    const [width, countWidth] = [(header & 3) + 1, (header & 4) === 0 ? 1 : 4];
    const count = this.#bytes.uint(at, countWidth);
    const offsets = at + countWidth;
    const values = offsets + (count + 1) * width;
    this.#bytes.need(offsets, (count + 1) * width);
    this.#out.ascii("[");
    for (let i = 0; i < count; i++) {
      if (i > 0) this.#out.ascii(",");
      this.value(values + this.#bytes.uint(offsets + i * width, width), depth + 1);
    }
    this.#out.ascii("]");
  }

  #primitive(type: number, at: number): void {
    const write = primitives[type];
    if (!write) throw new Damage(`a variant has a value of type ${type}, which is not known`);
    write(this.#bytes, at, this.#out);
  }

  #string(at: number, length: number): void {
    this.#bytes.need(at, length);
    this.#quoted(this.#bytes.bytes.subarray(at, at + length));
  }

  #quoted(text: Uint8Array): void {
    writeString(text, this.#out);
  }
}

function writeString(text: Uint8Array, out: TextOut): void {
  if (!isUtf8(text)) throw new RangeError("it contains invalid UTF-8 data");
  out.jsonString(text, 0, text.length);
}

type WritePrimitive = (bytes: VariantBytes, at: number, out: TextOut) => void;

const integer =
  (width: number): WritePrimitive =>
  (bytes, at, out) =>
    out.ascii(String(bytes.integer(at, width)));

const decimal =
  (width: number): WritePrimitive =>
  (bytes, at, out) =>
    out.ascii(scaledText(bytes.integer(at + 1, width), bytes.uint(at, 1)));

const micros =
  (isUtc: boolean): WritePrimitive =>
  (bytes, at, out) =>
    out.ascii(`"${instantText(bytes.int64(at), 0n, isUtc)}"`);

const nanos =
  (isUtc: boolean): WritePrimitive =>
  (bytes, at, out) => {
    const value = bytes.int64(at);
    const below = ((value % 1000n) + 1000n) % 1000n;
    out.ascii(`"${instantText((value - below) / 1000n, below, isUtc)}"`);
  };

function block(bytes: VariantBytes, at: number): Uint8Array {
  const length = bytes.uint(at, 4);
  bytes.need(at + 4, length);
  return bytes.bytes.subarray(at + 4, at + 4 + length);
}

/** By their number. */
const primitives: readonly WritePrimitive[] = [
  (_bytes, _at, out) => out.ascii("null"),
  (_bytes, _at, out) => out.ascii("true"),
  (_bytes, _at, out) => out.ascii("false"),
  integer(1),
  integer(2),
  integer(4),
  integer(8),
  (bytes, at, out) => writeFloat(bytes.double(at), out),
  decimal(4),
  decimal(8),
  decimal(16),
  (bytes, at, out) => out.ascii(`"${dateText(bytes.int32(at))}"`),
  micros(true),
  micros(false),
  (bytes, at, out) => writeFloat(bytes.float(at), out),
  (bytes, at, out) => out.ascii(`"${Buffer.from(block(bytes, at)).toString("base64")}"`),
  (bytes, at, out) => writeString(block(bytes, at), out),
  (bytes, at, out) => out.ascii(`"${clockText(bytes.int64(at), 6)}"`),
  nanos(true),
  nanos(false),
  (bytes, at, out) => {
    bytes.need(at, 16);
    out.ascii('"');
    out.uuid(bytes.bytes, at);
    out.ascii('"');
  },
];
