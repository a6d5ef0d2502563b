import { afterAll, beforeAll, beforeEach, expect } from "@jest/globals";
import type { Column, FixedColumn, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { EmbeddedFields, type EmbeddingSettings, ModelServers } from "../src/index.ts";
import { ModelServer } from "../src/testing/index.ts";

export const DIM = 8;
/** A server of a model for the tests of a file, which answers as it is told in each of them. */
export function useModel(): { readonly server: ModelServer } {
  const state = {} as { server: ModelServer };
  beforeAll(async () => {
    state.server = await ModelServer.open(DIM);
  });
  beforeEach(() => {
    state.server.instead = undefined;
    state.server.asked.length = 0;
  });
  afterAll(() => state.server[Symbol.asyncDispose]());
  return state;
}

export const open: EmbeddingSettings = { embeddingEndpoint: ["127.0.0.1"] };
export const call = {
  purpose: "rows",
  patience: { totalMs: 5000, firstMs: 1 },
  signal: new AbortController().signal,
} as const;

export function fieldsOf(
  params: Record<string, string>,
  settings = open,
  type: DataType = DataType.FloatVector,
): EmbeddedFields {
  const fields = [
    field("text", DataType.VarChar, { fieldId: 100 }),
    field("v", type, { fieldId: 101, dim: DIM, isFunctionOutput: true }),
  ];
  const one = { name: "f", type: "textembedding", inputId: 100, outputId: 101, params } as const;
  return new EmbeddedFields(collection(fields, { functions: [one] }), new ModelServers(settings));
}

export const teiFields = (server: ModelServer, more: Record<string, string> = {}) =>
  fieldsOf({ provider: "TEI", endpoint: server.url, ...more });

export function rowsOf(texts: readonly string[]): InsertBatch {
  const data = Buffer.from(texts.join(""));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(text);
  const text: Column = { kind: "var", offsets, data, validity: undefined };
  return { rowCount: texts.length, columns: [text, undefined], sourceBytes: 0 };
}

export function vectorsOf({ columns, rowCount }: InsertBatch): number[][] {
  const { data, width } = columns[1] as FixedColumn;
  expect(width).toBe(4 * DIM);
  const values = new Float32Array(data.buffer, data.byteOffset, rowCount * DIM);
  return Array.from({ length: rowCount }, (_, row) => [...values.subarray(row * DIM, (row + 1) * DIM)]);
}

export const refusalOf = async (work: Promise<unknown>) => {
  const error = await work.then(() => undefined, (thrown: unknown) => thrown); // biome-ignore format: short
  expect(error).toBeInstanceOf(ImportError);
  return error as ImportError;
};
