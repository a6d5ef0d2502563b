import { expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import { type FieldSample, fieldSamples } from "./field-samples.ts";
import { sourcesOf, writers } from "./format-files.ts";

const sampleOf = (type: DataType) => fieldSamples.find((sample) => sample.type === type) as FieldSample;
const [integer, text] = [sampleOf(DataType.Int32), sampleOf(DataType.VarChar)];
const schema = fixtureSchema({
  enable_dynamic_field: true,
  fields: [
    { name: "id", type: DataType.Int32, is_primary: true },
    { name: "note", type: DataType.VarChar, params: { max_length: 20 }, nullable: true },
  ],
} as never);

/** A file of a table that has renamed one column, dropped one, and added one since. */
async function read(options: Record<string, string> = {}) {
  const names = ["col-0", "col-1", "dropped"];
  const columns = names.map((name) => ({ name, sample: name === "col-0" ? integer : text }));
  const table_columns = JSON.stringify({
    "col-0": { name: "id" },
    "col-1": { name: "lang" },
    "col-2": { name: "note" },
  });
  const input = readerInput(schema, await sourcesOf(writers.parquet(columns, 1) ?? {}), { table_columns, ...options });
  return await readCanonicalRows(schema, formatNamed("parquet").open(input));
}

it("a file of a table is read under the table's names, in $meta too", async () => {
  expect(await read()).toEqual([{ id: integer.canonical, note: null, $meta: { lang: text.canonical } }]);
});

it("a mapping speaks of the table's names, also of columns that a file is older than", async () => {
  expect(await read({ fields_mapping: '{"lang":"note"}' })).toEqual([
    { id: integer.canonical, note: text.canonical, $meta: {} },
  ]);
  expect(await read({ fields_mapping: '{"note":"note"}' })).toMatchObject([{ note: null }]);
  await expect(read({ fields_mapping: '{"col-1":"note"}' })).rejects.toThrow("the source has no 'col-1'");
});
