import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CutShort, Damage } from "../src/damage.ts";
import { type ThriftFields, ThriftReader } from "../src/thrift/compact-reader.ts";
import { CompactWriter } from "../src/thrift/compact-writer.ts";
import { ThriftType } from "../src/thrift/thrift-type.ts";

interface Sample {
  small: number;
  large: number;
  flag: boolean;
  byte: number;
  text: string;
  inner: { texts: string[] };
}

const empty = (): Sample => ({ small: -1, large: -1, flag: false, byte: 0, text: "", inner: { texts: [] } });

const fields: ThriftFields<Sample> = [
  undefined,
  (to, reader, type) => void (to.small = reader.int32(type)),
  (to, reader, type) => void (to.large = reader.int64(type)),
  (to, reader, type) => void (to.flag = reader.bool(type)),
  (to, reader, type) => void (to.byte = reader.byte(type)),
  (to, reader, type) => void (to.text = reader.text(type)),
];
fields[9] = (to, reader, type) => void reader.struct(type, to.inner, innerFields);

const innerFields: ThriftFields<Sample["inner"]> = [];
innerFields[3] = (to, reader, type) => {
  const count = reader.list(type, ThriftType.Binary);
  for (let i = 0; i < count; i++) to.texts.push(reader.text(ThriftType.Binary));
};

function write({ small, large, flag, byte, text, inner }: Sample): Uint8Array {
  const out = new CompactWriter();
  out.int32(1, small);
  out.int64(2, large);
  out.bool(3, flag);
  out.byte(4, byte);
  out.text(5, text);
  out.int64(7, large); // Nobody asks for it.
  out.struct(9, () => out.texts(3, inner.texts));
  return out.finish().slice();
}

function read(bytes: Uint8Array): Sample {
  const reader = new ThriftReader();
  const sample = empty();
  reader.reset(bytes, 0, bytes.length);
  reader.fields(sample, fields);
  expect(reader.at).toBe(bytes.length);
  return sample;
}

const samples = fc.record<Sample>({
  small: fc.nat(2 ** 31 - 1),
  large: fc.integer({ min: 0, max: 2 ** 52 - 1 }),
  flag: fc.boolean(),
  byte: fc.integer({ min: 0, max: 127 }),
  text: fc.string({ unit: "grapheme" }),
  inner: fc.record({ texts: fc.array(fc.string(), { maxLength: 40 }) }),
});

test("what the writer writes, the reader reads, and steps over what nobody asks for", () => {
  fc.assert(
    fc.property(samples, (sample) => {
      expect(read(write(sample))).toEqual(sample);
    }),
    { seed: 20, numRuns: 200 },
  );
});

test("every cut is noticed", () => {
  const bytes = write({ small: 1, large: 2 ** 40, flag: true, byte: 8, text: "text", inner: { texts: ["a", "b"] } });
  for (let length = 0; length < bytes.length; length++) expect(() => read(bytes.subarray(0, length))).toThrow(CutShort);
});

describe("refuses", () => {
  test.each<[what: string, bytes: number[], reason: RegExp]>([
    ["a text where a number belongs", [0x18, 1, 120, 0], /expected a 32-bit integer, found thrift type 8/],
    ["a number where a text belongs", [0x55, 2, 0], /expected a text, found thrift type 5/],
    ["an integer beyond 2^53", [0x26, ...new Array(7).fill(0xff), 0x7f, 0], /exceeds 53 bits/],
    ["an integer of eleven bytes", [0x26, ...new Array(11).fill(0xff), 0], /longer than ten bytes/],
    ["a text that is longer than its bytes", [0x58, 0xff, 0xff, 0xff, 0xff, 0x07, 0], /cut short/],
    ["a list of other elements", [0x9c, 0x39, 0x15, 2, 0, 0], /expected elements of thrift type 8, found 5/],
    ["a list that claims more elements than bytes", [0x9c, 0x39, 0xf8, 0xff, 0xff, 0x03, 0, 0], /cut short/],
  ])("%s", (_what, bytes, reason) => {
    expect(() => read(Uint8Array.from(bytes))).toThrow(Damage);
    expect(() => read(Uint8Array.from(bytes))).toThrow(reason);
  });
});
