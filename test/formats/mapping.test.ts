import { expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import { type FieldSample, fieldSamples } from "./field-samples.ts";
import { formatOf, hasArrays, optionsOf, sourcesOf, type WriteFiles, writers } from "./format-files.ts";

// What a dry run says of the mapping: which name fed which field, what stands in, what went into $meta. Alike in every format.

const sampleOf = (type: DataType) => fieldSamples.find((sample) => sample.type === type) as FieldSample;
const [integer, text] = [sampleOf(DataType.Int32), sampleOf(DataType.VarChar)];
const schema = fixtureSchema({
  enable_dynamic_field: true,
  fields: [
    { name: "id", type: DataType.Int32, is_primary: true },
    { name: "title", type: DataType.VarChar, params: { max_length: 20 } },
    { name: "year", type: DataType.Int64, default_value: { long_data: 7 } },
    { name: "note", type: DataType.VarChar, params: { max_length: 20 }, nullable: true },
  ],
} as never);

async function mappingOf(format: string, write: WriteFiles) {
  const columns = [
    { name: "key", sample: integer },
    { name: "title", sample: text },
    { name: "lang", sample: text },
  ];
  const files = write(columns, 2);
  if (!files) return undefined;
  const input = readerInput(schema, await sourcesOf(files), {
    ...{ fields_mapping: '{"key":"id"}', ...optionsOf(format, columns) },
  });
  await readCanonicalRows(schema, formatNamed(formatOf(format)).open(input));
  return input.plan.uses.listed(input.plan);
}

it.each(Object.entries(writers))("%s", async (format, write) => {
  const mapping = await mappingOf(format, write);
  if (mapping === undefined) return expect(hasArrays(format)).toBe(true);
  expect(mapping).toEqual([
    { field: "id", sources: ["key"] },
    { field: "title", sources: ["title"] },
    { field: "year", otherwise: "default" },
    { field: "note", otherwise: "null" },
    // Of values without a type nobody can make JSON.
    ...(format === "pgcopy" ? [] : [{ field: "$meta", sources: ["lang"] }]),
  ]);
});

it("paths, and several of them, are named as they are found", async () => {
  const rows = '{"key":1,"in":{"t":"a","more":2}}\n{"key":2,"in":{"t":"b"},"year":5}\n';
  const files = await sourcesOf({ "t.jsonl": Buffer.from(rows) });
  const preset = { fields_mapping: { key: "id", "in.*": "*" } };
  const input = readerInput(schema, files, {
    fields_mapping: '{"in.t":"title","key":"id"}',
    preset: JSON.stringify(preset),
  });
  await readCanonicalRows(schema, formatNamed("jsonl").open(input));
  expect(input.plan.uses.listed(input.plan)).toEqual([
    { field: "id", sources: ["key"] },
    { field: "title", sources: ["in.t"] },
    { field: "year", sources: ["year"], otherwise: "default" },
    { field: "note", otherwise: "null" },
    { field: "$meta", sources: ["in.more"] },
  ]);
});
