import { describe, expect, it } from "@jest/globals";
import { openReader } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { type FieldSample, fieldSamples } from "./field-samples.ts";
import { formatOf, optionsOf, sourcesOf, type TableColumn, writers } from "./format-files.ts";

// What has no rows is read as none, in every format, and whatever else may be said of it.

const sampleOf = (type: DataType) => fieldSamples.find((sample) => sample.type === type) as FieldSample;
const columnOf = (name: string, type: DataType): TableColumn => ({ name, sample: sampleOf(type) });
const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "text", type: 21, params: { max_length: 9 } },
    { name: "v", ...sampleOf(DataType.FloatVector).field, type: 101 },
  ],
});
const ofTypes = (...types: DataType[]) => ["id", "text", "v"].map((name, i) => columnOf(name, types[i]));

const tables: [string, TableColumn[]][] = [
  ["the columns of the collection", ofTypes(DataType.Int64, DataType.VarChar, DataType.FloatVector)],
  [
    "columns of other types, as an empty table of numpy or pandas has them",
    ofTypes(DataType.Double, DataType.Double, DataType.Double),
  ],
  ["some of the columns", [columnOf("id", DataType.Int64)]],
];

describe.each(Object.keys(writers))("%s", (format) => {
  it.each(tables)("without rows, with %s", async (_, columns) => {
    const files = writers[format](columns, 0) ?? {};
    const reader = openReader(
      formatOf(format),
      readerInput(schema, await sourcesOf(files), optionsOf(format, columns)),
    );
    expect(await readCanonicalRows(schema, reader)).toEqual([]);
  });

  it("without a byte", async () => {
    const names = Object.keys(writers[format](tables[0][1], 1) ?? {});
    const sources = await Promise.all(names.map((name) => memoryFile(name, new Uint8Array(0))));
    expect(await readCanonicalRows(schema, openReader(formatOf(format), readerInput(schema, sources)))).toEqual([]);
  });
});

describe("segments of Milvus, whose files always have rows", () => {
  it.each<[format: string, files: readonly string[], reason: string]>([
    ["binlog", ["1/2/3/0/7", "1/2/3/1/7", "1/2/3/100/7"], "binlog magic number is missing"],
    ["milvus1", ["3/3.uid", "3/3.rv", "3/deleted_docs"], "the number of its bytes"],
  ])("without a byte are refused as damaged: %s", async (format, files, reason) => {
    const sources = await Promise.all(files.map((name) => memoryFile(name, new Uint8Array(0))));
    const reading = readCanonicalRows(schema, openReader(format, readerInput(schema, sources)));
    await expect(reading).rejects.toMatchObject({ code: "malformed_file", reason: expect.stringContaining(reason) });
  });
});

describe("a set of arrays", () => {
  it("of which one is empty is refused: rows of the others would be lost", async () => {
    const files = writers.npy(tables[0][1], 2) ?? {};
    const empty = writers.npy(tables[0][1], 0) ?? {};
    for (const name of Object.keys(files))
      for (const bytes of [empty[name], new Uint8Array(0)]) {
        const sources = await sourcesOf({ ...files, [name]: bytes });
        const reader = openReader("npy", readerInput(schema, sources));
        await expect(readCanonicalRows(schema, reader)).rejects.toMatchObject({ code: "malformed_file" });
      }
  });
});
