import { describe, expect, it } from "@jest/globals";
import type { Column } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { BYTES, FIXED32, FIXED64, VARINT } from "@sluice/values";
import fc from "fast-check";
import {
  bytesField,
  columnOfData,
  joined,
  numberField,
  type Parts,
  partsOf,
  splitFieldData,
  textField,
  toBuffer,
} from "../src/index.ts";
import { tagOf } from "../src/message-parts.ts";

// One message has many forms on the wire, of which writers choose any. Source: protobuf.dev, "Encoding".

const bytes = (...values: number[]) => partsOf(Uint8Array.from(values));
const varint = (number: number, value: number) => joined(bytes(tagOf(number, VARINT)), bytes(value));
const float = (value: number) => partsOf(new Uint8Array(Float32Array.of(value).buffer));
const head = (type: DataType, name: string) => joined(numberField(1, type), textField(2, name));
const scalars = (member: number, list: Parts) => bytesField(3, bytesField(member, list));
const vectors = (dim: number, list: Parts) => bytesField(4, joined(numberField(1, dim), bytesField(2, list)));

const read = (of: FieldSchema, message: Parts, rowCount: number): Column =>
  columnOfData(of, splitFieldData(toBuffer(message)), rowCount, "UTC");
const valuesOf = ({ data }: Column) => [...data];

const longs = field("f", DataType.Int64);
const nullable = field("f", DataType.Int8, { nullable: true });

/** Bytes of a small varint each, as runs and single numbers. */
function listInForms(values: readonly number[], forms: readonly number[]): Parts {
  const pieces: Parts[] = [];
  for (let at = 0, i = 0; at < values.length; i++) {
    const size = forms[i % forms.length];
    const part = values.slice(at, at + Math.max(1, size));
    pieces.push(size === 0 ? varint(1, part[0]) : bytesField(1, bytes(...part)));
    at += part.length;
  }
  return joined(...pieces);
}

describe("a column whose message", () => {
  it("has its numbers in runs and one by one is the same", () => {
    const small = fc.integer({ min: 0, max: 127 });
    const forms = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(small, { minLength: 1 }), forms, (values, sizes) => {
        const message = joined(head(DataType.Int64, "f"), scalars(3, listInForms(values, sizes)));
        const { data } = read(longs, message, values.length);
        expect([...new BigInt64Array(data.slice(0, 8 * values.length).buffer)]).toEqual(values.map(BigInt));
      }),
    );
  });

  it.each<[string, Parts]>([
    ["comes in parts", joined(scalars(3, bytesField(1, bytes(1))), scalars(3, bytesField(1, bytes(2))))],
    ["has a list in parts", bytesField(3, joined(...[1, 2].map((value) => bytesField(3, varint(1, value)))))],
    ["has fields that nobody knows", joined(scalars(3, bytesField(1, bytes(1, 2))), varint(15, 7))],
    [
      "has known numbers with other wire types",
      joined(
        bytes(tagOf(3, FIXED32), 9, 9, 9, 9, tagOf(1, BYTES), 1, 9, tagOf(7, FIXED64), 1, 1, 1, 1, 1, 1, 1, 1),
        scalars(3, joined(bytes(tagOf(1, FIXED32), 9, 9, 9, 9), bytesField(1, bytes(1, 2)))),
      ),
    ],
  ])("%s is the same", (_, rest) => {
    const column = read(longs, joined(head(DataType.Int64, "f"), rest), 2);
    expect(valuesOf(column).slice(0, 16)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("says of each row by itself whether it is null has its nulls", () => {
    const nulls = joined(varint(7, 1), bytesField(7, bytes(0, 1)));
    const column = read(nullable, joined(head(DataType.Int8, "f"), scalars(2, bytesField(1, bytes(5, 6))), nulls), 3);
    expect([valuesOf(column).slice(0, 3), [...(column.validity ?? [])]]).toEqual([
      [5, 0, 6],
      [1, 0, 1],
    ]);
  });
});

// Source: milvus-proto of 2026, schema.proto: new writers mark nulls in ScalarField and VectorField, readers look there first.
describe("a column whose nulls are marked beside its values", () => {
  const beside = (number: number) => bytesField(number, bytes(1, 0, 1));

  it("has them, whatever is said behind them", () => {
    const values = bytesField(3, joined(bytesField(2, bytesField(1, bytes(5, 6))), beside(17)));
    for (const behind of [joined(), bytesField(7, bytes(1, 1, 1))]) {
      const column = read(nullable, joined(head(DataType.Int8, "f"), values, behind), 3);
      expect([valuesOf(column).slice(0, 3), [...(column.validity ?? [])]]).toEqual([
        [5, 0, 6],
        [1, 0, 1],
      ]);
    }
  });

  it("has them in vectors, too", () => {
    const of = field("f", DataType.FloatVector, { dim: 1, nullable: true });
    const list = bytesField(1, joined(float(2), float(4)));
    const values = bytesField(4, joined(numberField(1, 1), bytesField(2, list), beside(9)));
    const column = read(of, joined(head(DataType.FloatVector, "f"), values), 3);
    expect([...new Float32Array(column.data.slice(0, 12).buffer)]).toEqual([2, 0, 4]);
    expect([...(column.validity ?? [])]).toEqual([1, 0, 1]);
  });
});

describe("a message is refused", () => {
  const vector = field("f", DataType.FloatVector, { dim: 1 });
  it.each<[string, FieldSchema, Parts, RegExp]>([
    ["whose floats are varints", vector, vectors(1, varint(1, 5)), /has 0 values for 1 rows/],
    ["whose integers are floats", longs, scalars(3, joined(bytes(tagOf(1, FIXED32)), float(1))), /has 0 values for 1/],
    [
      "with a struct array in a struct array",
      longs,
      bytesField(8, bytesField(1, bytesField(8, bytes()))),
      /cannot be a struct array/,
    ],
    [
      "with members without end",
      longs,
      bytesField(8, partsOf(Buffer.from("0a00".repeat(1025), "hex"))),
      /more than 1024 members/,
    ],
  ])("%s", (_, of, rest, words) => {
    expect(() => read(of, joined(head(of.dataType, "f"), rest), 1)).toThrow(words);
  });

  it("for struct arrays ten thousand deep, in words", () => {
    let message: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 10_000; depth++) message = toBuffer(bytesField(8, bytesField(1, partsOf(message))));
    expect(() => splitFieldData(message)).toThrow(/cannot be a struct array/);
  });

  it.each<[string, FieldSchema]>([
    ["numbers", field("f", DataType.Int64)],
    ["nulls", field("f", DataType.VarChar, { nullable: true })],
    ["vectors", field("f", DataType.FloatVector, { dim: 32_768 })],
  ])("for claiming more rows than it has values, before any memory is taken: %s", (_, of) => {
    expect(() => read(of, head(of.dataType, "f"), 2 ** 32 - 1)).toThrow(/has 0 values for 4294967295 rows/);
  });

  it("for nulls whose defaults take more than there is room for", () => {
    const of = field("f", DataType.VarChar, { nullable: true, maxLength: 65_535, defaultValue: "x".repeat(65_535) });
    const nulls = bytesField(7, partsOf(new Uint8Array(2000)));
    expect(() => read(of, joined(head(of.dataType, "f"), nulls), 2000)).toThrow(/defaults of 2000 nulls take/);
  });
});
