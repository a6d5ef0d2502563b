import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DoubleArray, FieldData, FloatArray } from "../src/gen/schema.ts";

// The generated code as it was before the fast path took its place.
const slowFloats = { encode: FloatArray.encode, decode: FloatArray.decode };
const slowDoubles = { encode: DoubleArray.encode, decode: DoubleArray.decode };
await import("@sluice/rpc");

const SEED = { seed: 20_240_611 };
const UNPACKED_FLOAT = (1 << 3) | 5;
const UNPACKED_DOUBLE = (1 << 3) | 1;

const kinds = {
  float: {
    fast: FloatArray,
    slow: slowFloats,
    Typed: Float32Array,
    values: fc.array(fc.float()),
    writeUnpacked: (writer: BinaryWriter, value: number) => writer.uint32(UNPACKED_FLOAT).float(value),
  },
  double: {
    fast: DoubleArray,
    slow: slowDoubles,
    Typed: Float64Array,
    values: fc.array(fc.double()),
    writeUnpacked: (writer: BinaryWriter, value: number) => writer.uint32(UNPACKED_DOUBLE).double(value),
  },
};

describe.each(Object.entries(kinds))("%s", (_name, { fast, slow, Typed, values, writeUnpacked }) => {
  it("is in place", () => {
    expect(fast.encode).not.toBe(slow.encode);
    expect(fast.decode).not.toBe(slow.decode);
  });

  it("writes the same bytes, from numbers and from typed arrays", () => {
    fc.assert(
      fc.property(values, (data) => {
        const expected = hex(slow.encode({ data }).finish());
        expect(hex(fast.encode({ data }).finish())).toBe(expected);
        expect(hex(fast.encode({ data: typed(Typed, data) }).finish())).toBe(expected);
      }),
      SEED,
    );
  });

  it("reads the same numbers", () => {
    fc.assert(
      fc.property(values, (data) => {
        const bytes = slow.encode({ data }).finish();
        expect(Array.from(fast.decode(bytes).data)).toEqual(slow.decode(bytes).data);
      }),
      SEED,
    );
  });

  it("reads packed and unpacked values in any mixture, between fields it does not know", () => {
    const runs = fc.array(fc.tuple(fc.constantFrom("packed", "unpacked", "unknown"), values));
    fc.assert(
      fc.property(runs, (parts) => {
        const writer = new BinaryWriter();
        for (const [form, data] of parts) {
          if (form === "packed") writer.raw(slow.encode({ data }).finish());
          else if (form === "unpacked") for (const value of data) writeUnpacked(writer, value);
          else writer.uint32((7 << 3) | 2).string("not for us");
        }
        const bytes = writer.finish();
        expect(Array.from(fast.decode(bytes).data)).toEqual(slow.decode(bytes).data);
      }),
      SEED,
    );
  });

  it("stops at the end of its message, and leaves the reader there", () => {
    fc.assert(
      fc.property(values, (data) => {
        const own = slow.encode({ data }).finish();
        const reader = new BinaryReader(Buffer.concat([Buffer.from([0xff]), own, Buffer.from([0x0a, 0x04])]));
        reader.pos = 1;
        expect(Array.from(fast.decode(reader, own.length).data)).toEqual(slow.decode(own).data);
        expect(reader.pos).toBe(1 + own.length);
      }),
      SEED,
    );
  });

  it("keeps nothing of the buffer it reads", () => {
    const bytes = slow.encode({ data: [1, 2, 3] }).finish();
    const { data } = fast.decode(bytes);
    bytes.fill(0);
    expect(Array.from(data)).toEqual([1, 2, 3]);
    expect((data as unknown as Float32Array).buffer.byteLength).toBe(3 * Typed.BYTES_PER_ELEMENT);
  });

  it("writes part of a larger array", () => {
    const part = typed(Typed, [9, 1, 2, 9]) as unknown as Float32Array;
    const data = part.subarray(1, 3) as unknown as number[];
    expect(hex(fast.encode({ data }).finish())).toBe(hex(slow.encode({ data: [1, 2] }).finish()));
  });

  it("refuses a list cut within a number", () => {
    const bytes = new BinaryWriter()
      .uint32((1 << 3) | 2)
      .bytes(new Uint8Array(3))
      .finish();
    expect(() => fast.decode(bytes)).toThrow("packed floats of 3 bytes");
  });

  it("refuses a list longer than its message", () => {
    const bytes = slow.encode({ data: [1, 2, 3] }).finish();
    expect(() => fast.decode(bytes.subarray(0, bytes.length - 1))).toThrow(RangeError);
  });
});

it("columns of vectors take it", () => {
  const message = FieldData.fromPartial({
    field: { $case: "vectors", value: { dim: 2n, data: { $case: "floatVector", value: { data: [1, 2, 3, 4] } } } },
  });
  const { field } = FieldData.decode(FieldData.encode(message).finish());
  if (field?.$case !== "vectors" || field.value.data?.$case !== "floatVector") throw new Error("no vectors");
  expect(field.value.data.value.data).toBeInstanceOf(Float32Array);
});

function typed(Typed: Float32ArrayConstructor | Float64ArrayConstructor, data: number[]): number[] {
  return Typed.from(data) as unknown as number[];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
