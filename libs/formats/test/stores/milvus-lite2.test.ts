import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { sqliteFormat } from "../../src/stores/sqlite/index.ts";
import { expectDamageIsTold, readFiles, refusal } from "../arrays/array-files.ts";
import { type Files, fixtures, membersOf } from "./store-files.ts";

const NAME = "milvus-lite-2.db";
const files: Files = { [NAME]: new Uint8Array(readFileSync(join(fixtures, NAME))) };
/** What a query gives, but for keys, of which JSON.parse would lose the last bit. */
const queried: Record<string, unknown>[] = JSON.parse(readFileSync(join(fixtures, "milvus-lite-2.json"), "utf8"));

describe("a collection of Milvus Lite 2", () => {
  it("gives what a query gives: the newest row of each key, without the deleted, of every type", async () => {
    const rows = await membersOf(sqliteFormat, files, { table: "docs" });
    const byKey = rows.toSorted((a, b) => Number(keyOf(a) - keyOf(b)));
    expect(byKey.map(keyOf)).toEqual([0n, 1n, 2n, 4n, 5n]);
    const plain = byKey.map(({ id, sparse, $meta, ...row }) => ({ ...row, ...($meta as object) }));
    expect(plain).toEqual(queried.map(({ id, sparse, ...row }) => row));
    const sparse = queried.map((row) => Object.values(row.sparse as object));
    expect(byKey.map((row) => row.sparse)).toEqual(sparse.map((values) => ({ indices: [1, 7], values })));
  });

  it("goes into fields of the same types", async () => {
    const fields = [
      field("k", DataType.Int64, { isPrimaryKey: true }),
      field("bits", DataType.BinaryVector, { dim: 16 }),
      field("half", DataType.Float16Vector, { dim: 2 }),
      field("brain", DataType.BFloat16Vector, { dim: 2 }),
    ];
    const { rows } = await readFiles(sqliteFormat, files, {
      schema: collection(fields),
      options: { table: "vectors" },
    });
    expect(rows).toEqual([{ k: expect.any(String), bits: "8107", half: [0.5, -2], brain: [0.5, -2] }]);
  });

  it("with dynamic keys has them merged as those of rows", async () => {
    const fields = [
      field("id", DataType.VarChar, { isPrimaryKey: true, maxLength: 8 }),
      field("vector", DataType.FloatVector, { dim: 2 }),
      field("$meta", DataType.JSON, { isDynamic: true }),
    ];
    const schema = { ...collection(fields), enableDynamicField: true };
    const { rows } = await readFiles(sqliteFormat, files, {
      schema,
      options: { table: "texts", preset: "milvus-lite" },
    });
    expect(rows).toEqual([
      { id: "a", vector: [1, 2], $meta: { x: 1 } },
      { id: "b", vector: [3, 4], $meta: {} },
    ]);
  });

  it("is one of those to choose from", async () => {
    expect((await refusal(sqliteFormat, files)).reason).toContain(
      "several collections, choose one by the option table: [docs, vectors, texts]",
    );
  });

  it("that is damaged is an error, or rows", () =>
    expectDamageIsTold(sqliteFormat, NAME, files[NAME], { runs: 60, options: { table: "docs" } }));
});

/** Keys are 2^53 and more. */
function keyOf({ id }: Record<string, unknown>): bigint {
  const text = typeof id === "number" ? id : (id as { $int: string }).$int;
  return BigInt(text) - 2n ** 53n;
}
