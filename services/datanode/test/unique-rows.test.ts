import { describe, expect, it } from "@jest/globals";
import { type Column, type InsertBatch, views } from "@sluice/columns";
import { fixtureSchema } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import fc from "fast-check";
import { UniqueRows } from "../src/sinks/unique/unique-rows.ts";

const schemaOf = (type: DataType) =>
  fixtureSchema({
    fields: [
      { name: "id", type, is_primary: true, params: { max_length: 20 } },
      { name: "row", type: DataType.Int64 },
    ],
  });

const integers = (values: readonly bigint[]): Column => {
  const data = new Uint8Array(BigInt64Array.from(values).buffer);
  return { kind: "fixed", width: 8, data, validity: undefined };
};

function texts(values: readonly bigint[]): Column {
  const parts = values.map((value) => Buffer.from(`key ${value}`));
  const offsets = new Uint32Array(values.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = offsets[i] + part.length;
  return { kind: "var", offsets, data: Buffer.concat(parts), validity: undefined };
}

const columnOf = { [DataType.Int64]: integers, [DataType.VarChar]: texts };

/** Batches whose second column numbers the rows. */
function batchesOf(keys: readonly bigint[], size: number, type: 5 | 21): InsertBatch[] {
  const batches: InsertBatch[] = [];
  for (let at = 0; at < keys.length; at += size) {
    const part = keys.slice(at, at + size);
    const rows = integers(part.map((_, i) => BigInt(at + i)));
    batches.push({ rowCount: part.length, columns: [columnOf[type](part), rows], sourceBytes: 0 });
  }
  return batches;
}

function taken(keys: readonly bigint[], size: number, onDuplicate: "first" | "last", buckets: number, type: 5 | 21) {
  const rows: number[] = [];
  let left = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const unique = new UniqueRows({ onDuplicate, bucket, buckets }, schemaOf(type));
    const batches = batchesOf(keys, size, type);
    if (unique.isReadTwice) {
      for (const batch of batches) unique.note(batch);
      unique.beginAgain();
    }
    for (const given of batches) {
      const { batch, duplicates } = unique.take(given);
      left += duplicates;
      const column = batch?.columns[1];
      if (batch && column?.kind === "fixed") rows.push(...Array.from(views.int64(column, batch.rowCount), Number));
    }
  }
  return { rows: rows.sort((a, b) => a - b), left };
}

describe("unique rows", () => {
  const anyKeys = fc.array(
    fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  );
  const anyType = fc.constantFrom<5 | 21>(DataType.Int64, DataType.VarChar);

  it("are those that a map of the keys keeps, however the rows come in batches and the keys in tasks", () => {
    fc.assert(
      fc.property(
        anyKeys,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        anyType,
        (keys, size, buckets, type) => {
          const first = keys.flatMap((key, row) => (keys.indexOf(key) === row ? [row] : []));
          const last = keys.flatMap((key, row) => (keys.lastIndexOf(key) === row ? [row] : []));
          const left = keys.length - first.length;
          expect(taken(keys, size, "first", buckets, type)).toEqual({ rows: first, left });
          expect(taken(keys, size, "last", buckets, type)).toEqual({ rows: last, left });
        },
      ),
    );
  });

  it("hold a hundred thousand keys", () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => BigInt(i % 60_000) * 2n ** 32n);
    expect(taken(keys, 5000, "first", 1, DataType.Int64)).toMatchObject({ left: 40_000 });
  });

  it("name both places of a key that must not come twice, rows that were put aside included", () => {
    const unique = new UniqueRows({ onDuplicate: "error", bucket: 0, buckets: 1 }, schemaOf(DataType.VarChar));
    unique.beginSet("a.jsonl");
    unique.skip(1);
    unique.take(batchesOf([1n, 2n, 3n], 3, DataType.VarChar)[0]);
    unique.beginSet("b.jsonl");
    unique.skip(0);
    expect(() => unique.take(batchesOf([7n, 2n], 2, DataType.VarChar)[0])).toThrow(
      expect.objectContaining({
        reason: 'on_duplicate=error: primary key "key 2" stands in row 2 of a.jsonl too',
        at: { file: "b.jsonl", row: 2, field: "id" },
      }),
    );
  });
});
