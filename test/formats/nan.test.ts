import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import { column, integer } from "./cells.ts";
import { bytesOf, type FieldSample } from "./field-samples.ts";
import { formatOf, optionsOf, sourcesOf, type WriteFiles, writers } from "./format-files.ts";

// NaN and infinities, which no field takes: `nan=null` makes null of them in scalars that may be null, in every format that can hold
// them. JSON's own words for them are in libs/formats.

const double = (value: number): FieldSample => ({
  type: DataType.Double,
  json: value,
  csv: String(value),
  parquet: { type: "DOUBLE", value },
  npy: { descr: "<f8", bytes: bytesOf(Float64Array.of(value)) },
  canonical: value,
});
const float = (value: number): FieldSample => ({
  ...double(value),
  type: DataType.Float,
  parquet: { type: "FLOAT", value },
  npy: { descr: "<f4", bytes: bytesOf(Float32Array.of(value)) },
});

const ids = column("id", [1n, 2n, 3n, 4n].map(integer));
const values = [0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const columns = { float: values.map(float), double: values.map(double) };

async function read([name, write]: [string, WriteFiles], cells: FieldSample[], type: object, options = {}) {
  const table = [ids, column("f", cells)];
  const files = write(table, values.length);
  if (!files) return undefined;
  const id = { name: "id", type: DataType.Int64, is_primary: true };
  const schema = fixtureSchema({ fields: [id, { name: "f", ...type }] } as never);
  const input = readerInput(schema, await sourcesOf(files), { ...optionsOf(name, table), ...options });
  return (await readCanonicalRows(schema, formatNamed(formatOf(name)).open(input))).map(({ f }) => f);
}

/** What becomes dynamic keys of a column of doubles. */
async function keys([name, write]: [string, WriteFiles], numbers: number[]) {
  const files = write([ids, column("f", numbers.map(double))], numbers.length);
  if (!files) return undefined;
  const id = { name: "id", type: DataType.Int64, is_primary: true };
  const schema = fixtureSchema({ enable_dynamic_field: true, fields: [id] } as never);
  const input = readerInput(schema, await sourcesOf(files));
  return (await readCanonicalRows(schema, formatNamed(formatOf(name)).open(input))).map(({ $meta }) => $meta);
}

/** SQLite keeps no NaN, and JSON has no word for one; vector files have no scalars. */
const formats = Object.entries(writers).filter(([name]) => !name.startsWith("json") && name !== "sqlite");
const nullable = { nullable: true };

describe.each(formats)("%s", (...format) => {
  it.each([
    ["double", DataType.Double],
    ["float", DataType.Float],
    ["double", DataType.Float],
    ["float", DataType.Double],
  ] as const)("%s of NaN and infinities for a field of type %p", async (cells, type) => {
    // PostgreSQL's real and double precision are told by their lengths.
    const found = await read(format, columns[cells], { type, ...nullable }, { nan: "null" });
    if (found) expect(found).toEqual([0.5, null, null, null]);
  });

  it("NaN is null among dynamic keys, which infinities are not", async () => {
    // Cells of CSV are texts there, and COPY BINARY does not say what its columns are.
    if (/^(csv|tsv|pgcopy)$/.test(format[0])) return;
    const found = await keys(format, [0.5, Number.NaN, -1, Number.NaN]);
    if (found) expect(found).toEqual([{ f: 0.5 }, { f: null }, { f: -1 }, { f: null }]);
    const outcome = await keys(format, values).catch((error) => error);
    if (outcome) expect(outcome).toMatchObject({ code: "value_invalid", reason: expect.stringMatching(/Infinity/) });
  });

  it("without the option, and where nulls may not be, they are refused with what to do", async () => {
    for (const [type, options] of [
      [{ type: DataType.Double, ...nullable }, {}],
      [{ type: DataType.Double }, { nan: "null" }],
    ] as const) {
      const reading = read(format, columns.double, type, options);
      const outcome = await reading.catch((error) => error);
      if (outcome !== undefined)
        expect(outcome).toMatchObject({ code: "value_invalid", reason: expect.stringMatching(/the option nan=null/) });
    }
  });
});
