import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import fc from "fast-check";
import { safetensorsFormat } from "../../../src/arrays/safetensors/index.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  fixture,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

const file = (name: string) => ({ "model.safetensors": fixture(import.meta.dirname, name) });
const vectors = Array.from({ length: 6 }, (_, i) => [0, 1, 2, 3].map((k) => (4 * i + k) / 8));
const schema = vectorSchema(4, { more: [field("flag", DataType.Bool)] });

/** A file with this header and as many bytes of zeros behind it. */
function withHeader(header: object, dataBytes: number): { "a.safetensors": Uint8Array } {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return { "a.safetensors": Buffer.concat([length, text, Buffer.alloc(dataBytes)]) };
}

describe("a file of safetensors", () => {
  it("has columns by name, and its only matrix feeds the only vector field", async () => {
    const { rows, warnings } = await readFiles(safetensorsFormat, file("columns.safetensors"), { schema });
    expect(rows).toEqual(vectors.map((vector, i) => ({ id: i - 3, vector, flag: i % 2 === 0 })));
    expect(warnings).toEqual([
      "safetensors file: 'embeddings' feeds 'vector', the only vector field that it can be meant for",
    ]);
    await expectCutsLikeWhole(safetensorsFormat, file("columns.safetensors"), { schema });
  });

  it("without keys gives the number of the row", async () => {
    const { rows } = await readFiles(safetensorsFormat, file("bfloat16.safetensors"), {
      schema: vectorSchema(4, { type: DataType.BFloat16Vector }),
    });
    expect(rows).toEqual(vectors.map((vector, id) => ({ id, vector })));
  });

  it("is described", async () => {
    const sources = await sourcesOf(file("columns.safetensors"));
    expect(await safetensorsFormat.describe(sources, new AbortController().signal)).toMatchObject({
      rowCount: 6,
      columns: expect.arrayContaining([expect.objectContaining({ name: "embeddings", dim: 4 })]),
    });
  });

  it("with 8-bit floats is refused by their name", async () => {
    expect(await refusal(safetensorsFormat, file("float8.safetensors"))).toMatchObject({
      code: "unsupported",
      reason: "tensor 'vector' is of type F8_E4M3, which no field takes: save it as F32",
    });
  });

  it.each<[string, object, number]>([
    ["a shape that its data does not fill", { vector: { dtype: "F32", shape: [2, 4], data_offsets: [0, 31] } }, 32],
    ["data behind its end", { vector: { dtype: "F32", shape: [2, 4], data_offsets: [0, 32] } }, 31],
    ["a negative size", { vector: { dtype: "F32", shape: [-2, 4], data_offsets: [0, 32] } }, 32],
    ["sizes beyond any file", { vector: { dtype: "F32", shape: [2 ** 53, 4], data_offsets: [0, 32] } }, 32],
    ["offsets that run backwards", { vector: { dtype: "F32", shape: [0, 4], data_offsets: [8, 0] } }, 32],
    ["no dtype", { vector: { shape: [2, 4], data_offsets: [0, 32] } }, 32],
    ["a tensor that is none", { vector: 5 }, 32],
  ])("with %s is malformed", async (_, header, bytes) => {
    const reading = { schema: vectorSchema(4, { key: { autoId: true } }) };
    expect(await refusal(safetensorsFormat, withHeader(header, bytes), reading)).toMatchObject({
      code: "malformed_file",
    });
  });

  it("whose header claims gigabytes is refused before they are asked for", async () => {
    const bytes = Buffer.alloc(64, 0xff);
    expect((await refusal(safetensorsFormat, { "a.safetensors": bytes })).reason).toMatch(/more than 33554432/);
    bytes.writeBigUInt64LE(1000n);
    expect((await refusal(safetensorsFormat, { "a.safetensors": bytes })).reason).toMatch(/ends inside its header/);
  });

  it("without tensors has nothing for any field", async () => {
    const reading = { schema, options: { row_number_field: "id" } };
    expect(await refusal(safetensorsFormat, withHeader({}, 0), reading)).toMatchObject({ code: "schema_mismatch" });
  });

  it("that is damaged is an error", () =>
    expectDamageIsTold(safetensorsFormat, "a.safetensors", file("columns.safetensors")["model.safetensors"], {
      schema,
    }));

  it("gives what was written, whatever the numbers of rows and dimensions", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 }), async (rows, dim) => {
        const data = Float32Array.from({ length: rows * dim }, (_, i) => i / 3);
        const files = withHeader(
          { vector: { dtype: "F32", shape: [rows, dim], data_offsets: [0, 4 * rows * dim] } },
          0,
        );
        const bytes = Buffer.concat([files["a.safetensors"], new Uint8Array(data.buffer)]);
        const read = await readFiles(safetensorsFormat, { "a.safetensors": bytes }, { schema: vectorSchema(dim) });
        expect(read.rows.flatMap(({ vector }) => vector)).toEqual([...data]);
      }),
      { numRuns: 50, seed: 5 },
    ));
});
