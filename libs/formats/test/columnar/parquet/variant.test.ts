import { describe, expect, test } from "@jest/globals";
import { Damage } from "@sluice/parquet";
import fc from "fast-check";
import { VariantNames } from "../../../src/columnar/parquet/columns/variant/variant-bytes.ts";
import { writeVariant, writeVariantMembers } from "../../../src/columnar/parquet/columns/variant/variant-text.ts";
import { TextOut } from "../../../src/text-out.ts";

// Source of the encoding: parquet-format, VariantEncoding.md.

const unsigned = (value: number, width: number) => {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntLE(value, 0, width);
  return bytes;
};
const widthOf = (value: number) => (value < 1 << 8 ? 1 : value < 1 << 16 ? 2 : value < 1 << 24 ? 3 : 4);
const withLength = (bytes: Buffer) => Buffer.concat([unsigned(bytes.length, 4), bytes]);

function offsetsOf(parts: readonly Uint8Array[]): number[] {
  const offsets = [0];
  for (const { length } of parts) offsets.push((offsets.at(-1) as number) + length);
  return offsets;
}

/** Metadata with these names. */
function metadataOf(names: readonly string[]): Buffer {
  const texts = names.map((name) => Buffer.from(name));
  const offsets = offsetsOf(texts);
  const width = widthOf(Math.max(names.length, offsets.at(-1) as number));
  const numbers = [names.length, ...offsets].map((value) => unsigned(value, width));
  return Buffer.concat([Buffer.of(1 | ((width - 1) << 6)), ...numbers, ...texts]);
}

function encoded(value: unknown, names: string[]): Buffer {
  if (value === null) return Buffer.of(0);
  if (typeof value === "boolean") return Buffer.of((value ? 1 : 2) << 2);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9);
    bytes[0] = 7 << 2;
    bytes.writeDoubleLE(value, 1);
    return bytes;
  }
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return text.length < 64
      ? Buffer.concat([Buffer.of((text.length << 2) | 1), text])
      : Buffer.concat([Buffer.of(16 << 2), withLength(text)]);
  }
  return containerOf(value as object, names);
}

function containerOf(value: object, names: string[]): Buffer {
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  const items = Object.values(value).map((item) => encoded(item, names));
  const offsets = offsetsOf(items);
  const width = widthOf(offsets.at(-1) as number);
  const isLarge = items.length > 255;
  const ids = keys.map((key) => {
    if (!names.includes(key)) names.push(key);
    return unsigned(names.indexOf(key), 4);
  });
  const header = Array.isArray(value)
    ? ((((width - 1) | (isLarge ? 4 : 0)) << 2) | 3) & 0xff
    : (((width - 1) | (3 << 2) | (isLarge ? 16 : 0)) << 2) | 2;
  const numbers = offsets.map((offset) => unsigned(offset, width));
  return Buffer.concat([Buffer.of(header), unsigned(items.length, isLarge ? 4 : 1), ...ids, ...numbers, ...items]);
}

function shown(value: Uint8Array, names: readonly string[] = []): string {
  const out = new TextOut();
  writeVariant(new VariantNames(metadataOf(names)), value, out);
  return Buffer.from(out.bytes.subarray(0, out.length)).toString();
}

const primitive = (type: number, hex: string) => Buffer.concat([Buffer.of(type << 2), Buffer.from(hex, "hex")]);

describe("a variant as JSON", () => {
  test("has what went in", () => {
    const same = (value: unknown) => {
      const names: string[] = [];
      const bytes = encoded(value, names);
      expect(JSON.parse(shown(bytes, names))).toEqual(JSON.parse(JSON.stringify(value)));
    };
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), same), { seed: 3, numRuns: 300 });
    same(Array.from({ length: 300 }, (_, i) => ({ [`k${i}`]: "x".repeat(100) })));
    same(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])));
  });

  test.each([
    [3, "80", "-128"],
    [4, "0080", "-32768"],
    [5, "ffffff7f", "2147483647"],
    [6, "0000000000000080", "-9223372036854775808"],
    [7, "000000000000f87f", "null"],
    [8, "026aff0000", "653.86"],
    [9, "00ffffffffffffffff", "-1"],
    [10, "26ffffffffffffffffffffffffffffff7f", "1.70141183460469231731687303715884105727"],
    [11, "ffffffff", '"1969-12-31"'],
    [12, "40420f0000000000", '"1970-01-01T00:00:01Z"'],
    [13, "ffffffffffffffff", '"1969-12-31T23:59:59.999999"'],
    [14, "cdcccc3d", "0.10000000149011612"],
    [15, "03000000010203", '"AQID"'],
    [16, "0200000041c3", undefined],
    [17, "01000000000000000000", '"00:00:00.000001"'],
    [18, "0100000000000000", '"1970-01-01T00:00:00.000000001Z"'],
    [19, "00ca9a3b00000000", '"1970-01-01T00:00:01"'],
    [20, "00112233445566778899aabbccddeeff", '"00112233-4455-6677-8899-aabbccddeeff"'],
  ])("of type %i", (type, hex, expected) => {
    if (expected !== undefined) expect(shown(primitive(type, hex))).toBe(expected);
    else expect(() => shown(primitive(type, hex))).toThrow(RangeError);
  });

  test("has the rest of a shredded object beside what was written", () => {
    const names: string[] = [];
    const rest = encoded({ a: 1, b: [] }, names);
    const out = new TextOut();
    out.ascii('{"x":0');
    writeVariantMembers(new VariantNames(metadataOf(names)), rest, false, out);
    expect(Buffer.from(out.bytes.subarray(0, out.length)).toString()).toBe('{"x":0,"a":1,"b":[]');
  });

  test("of damaged bytes is JSON or damage, and ends soon", () => {
    const names: string[] = [];
    const whole = encoded({ a: [1, "x", { b: null, c: ["y".repeat(70)] }], d: true }, names);
    const read = (bytes: Uint8Array) => {
      try {
        JSON.parse(shown(bytes, names));
      } catch (error) {
        expect([Damage, RangeError].some((kind) => error instanceof kind)).toBe(true);
      }
    };
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    const runs = fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      read(bytes.subarray(0, length));
    });
    fc.assert(runs, { seed: 5, numRuns: 2000 });
  });

  test("that leads to itself is no endless one", () => {
    // A list of one element that begins at an offset behind the end, and one of a thousand levels.
    expect(() => shown(Buffer.of(3, 1, 0, 255))).toThrow(Damage);
    const deep = Array.from({ length: 1000 }).reduce<Buffer>(
      (inner) => Buffer.concat([Buffer.of((3 << 2) | 3, 1), unsigned(0, 4), unsigned(inner.length, 4), inner]),
      Buffer.of(0),
    );
    expect(() => shown(deep)).toThrow("levels");
  });

  test("of another version is refused", () => {
    expect(() => new VariantNames(Buffer.of(2, 0, 0))).toThrow("version 2");
  });
});
