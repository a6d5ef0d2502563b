import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import type { RejectedRow } from "../../src/format.ts";
import { openPgcopy } from "../../src/rows/pgcopy/index.ts";

const file = readFileSync(join(import.meta.dirname, "../../../../test/fixtures/postgres/items.pgcopy"));
const dim = (count: number) => ({ params: { dim: count } });
const text = { type: 21, params: { max_length: 40 } };
const array = (element_type: number) => ({ type: 22, element_type, params: { max_capacity: 4, max_length: 9 } });

/** In the order of the table. */
const fields = [
  { name: "id", type: 5, is_primary: true },
  { name: "title", ...text },
  { name: "v", type: 101, ...dim(4) },
  { name: "flag", type: 1 },
  { name: "small", type: 3 },
  { name: "mid", type: 4 },
  { name: "f", type: 10 },
  { name: "d", type: 11 },
  { name: "attrs", type: 23 },
  { name: "at", type: 26 },
  { name: "h", type: 102, ...dim(3) },
  { name: "sp", type: 104 },
  { name: "bits", type: 100, ...dim(16) },
  { name: "js", type: 23 },
  { name: "vc", ...text },
  { name: "tags", ...array(21) },
  { name: "fl", ...array(10) },
].map((field) => ({ ...field, nullable: field.name !== "id" }));
const schema = fixtureSchema({ fields });

async function read(bytes: Uint8Array, options: Record<string, string> = {}, of = schema) {
  const input = readerInput(of, [await memoryFile("t.pgcopy", bytes)], options);
  return readCanonicalRows(of, openPgcopy(input, { chunkBytes: 64 }), 200);
}

describe("COPY BINARY of PostgreSQL with pgvector", () => {
  it("gives the rows of the table", async () => {
    const [first, second, third] = await read(file);
    expect(first).toEqual({
      ...{
        id: 1,
        title: 'a\tb\nc\\d"e,f',
        v: [1, 0.1, -2.5e-5, 3].map(Math.fround),
        flag: true,
        small: -7,
        mid: 70000,
      },
      ...{ f: Math.fround(0.1), d: 0.1, attrs: { a: [1, "x\n"] }, at: "2024-01-01T10:30:00.5Z", h: [1, 0.5, -2] },
      ...{ sp: { indices: [0, 4], values: [1.5, 2] }, bits: "a007", js: { k: 1 }, vc: "größer" },
      ...{ tags: ["a", "b c"], fl: [1.5, 2] },
    });
    expect(second).toMatchObject({ id: "9223372036854775807", title: "", flag: false, mid: -2147483648, d: 1e300 });
    expect(second).toMatchObject({ sp: { indices: [], values: [] }, tags: [], at: "1999-12-31T23:59:59.123456Z" });
    expect(third).toMatchObject({ id: -3, title: null, v: [1, 2, 3, 4], flag: null, sp: null, fl: null });
  });

  it("takes the names of its columns from an option, and passes over those that no field has", async () => {
    const names = fields.map(({ name }) => (name === "id" || name === "v" ? name : `other ${name}`));
    const of = fixtureSchema({ fields: fields.filter(({ name }) => name === "id" || name === "v") });
    const rows = await read(file, { columns: JSON.stringify(names) }, of);
    expect(rows.map(({ id }) => id)).toEqual([1, "9223372036854775807", -3]);
    await expect(read(file, {}, of)).rejects.toThrow("the row has 17 columns, 2 are named: see the option 'columns'");
  });

  it("puts a row aside whose value its field does not take, and goes on behind it", async () => {
    const of = fixtureSchema({
      fields: fields.map((field) => (field.name === "small" ? { ...field, type: 2 } : field)),
    });
    const rejected: RejectedRow[] = [];
    const reader = openPgcopy(readerInput(of, [await memoryFile("t.pgcopy", file)]));
    const onReject = (row: RejectedRow) => void rejected.push(row);
    let rowCount = 0;
    for await (const batch of reader.batches({ batchBytes: 1, signal: new AbortController().signal, onReject }))
      rowCount += batch.rowCount;
    expect(rowCount).toBe(2);
    expect(rejected).toMatchObject([{ row: 1, error: { code: "value_invalid", at: { row: 1, field: "small" } } }]);
    expect(rejected[0].error.at?.line).toBeUndefined();
  });

  it("that is cut short anywhere is refused", async () => {
    for (let length = 1; length < file.length; length++)
      await expect(read(file.subarray(0, length))).rejects.toMatchObject({ code: "malformed_file" });
  });

  it("of any damage gives rows or an ImportError, and nothing else", async () => {
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = Buffer.from(file);
        for (const [at, byte] of list) bytes[at] = byte;
        await read(bytes).catch((error) => {
          if (!(error instanceof ImportError)) throw error;
          expect(error.at?.file).toBe("t.pgcopy");
        });
      }),
      { seed: 20261128, numRuns: 500 },
    );
  });

  it("is told by its first bytes", async () => {
    await expect(read(Buffer.from("id,v\n1,2\n"))).rejects.toThrow("the file is no COPY BINARY of PostgreSQL");
  });
});
