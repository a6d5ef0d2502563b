import { expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { type CanonicalRow, fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType, dataTypeName } from "@sluice/schema";
import fc from "fast-check";
import { scaled } from "../support/index.ts";
import type { FieldSample } from "./field-samples.ts";
import { formatOf, optionsOf, sourcesOf, type TableColumn, writers } from "./format-files.ts";
import { randomTypes } from "./random-samples.ts";

// Random schemas and rows, written in every format that has a form for them, are read as they were.

interface Table extends fc.WithToStringMethod {
  readonly columns: readonly TableColumn[];
  readonly rows: number;
}

const keyOf = (row: number): FieldSample => ({
  ...{ type: DataType.Int64, json: row, parquet: { type: "INT64", value: BigInt(row) }, canonical: row },
  npy: { descr: "<i8", bytes: new Uint8Array(BigInt64Array.of(BigInt(row)).buffer) },
});

const tables: fc.Arbitrary<Table> = fc
  .tuple(fc.subarray([...randomTypes], { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 9 }))
  .chain(([types, rows]) =>
    fc
      .tuple(...types.map(({ samples }) => fc.array(samples, { minLength: rows, maxLength: rows })))
      .map((columns) => tableOf(columns, rows)),
  );

function tableOf(columns: readonly FieldSample[][], rows: number): Table {
  const keys = Array.from({ length: rows }, (_, row) => keyOf(row));
  const named = columns.map((cells) => ({ name: dataTypeName(cells[0].type), sample: cells[0], cells }));
  return {
    ...{ rows, columns: [{ name: "id", sample: keys[0], cells: keys }, ...named] },
    // Of a table that is not read right, what it holds.
    [fc.toStringMethod]: () => JSON.stringify(columns.map((cells) => cells.map(({ canonical }) => canonical))),
  };
}

function schemaOf({ columns: [, ...columns] }: Table) {
  const fields = columns.map(({ name, sample: { type } }) => ({
    ...{ name, type },
    ...randomTypes.find((random) => random.type === type)?.field,
  }));
  return fixtureSchema({ fields: [{ name: "id", type: DataType.Int64, is_primary: true }, ...fields] });
}

it.each(Object.entries(writers))("%s", async (format, write) => {
  const isRead = async (table: Table, batchBytes: number) => {
    const { columns, rows } = table;
    const files = write(columns, rows);
    if (!files) return;
    const schema = schemaOf(table);
    const input = readerInput(schema, await sourcesOf(files), optionsOf(format, columns));
    const expected = Array.from({ length: rows }, (_, row) =>
      Object.fromEntries(columns.map(({ name, cells }) => [name, cells?.[row].canonical])),
    ) as CanonicalRow[];
    expect(await readCanonicalRows(schema, formatNamed(formatOf(format)).open(input), batchBytes)).toEqual(expected);
  };
  const batches = fc.constantFrom(1, 100, 1 << 20);
  await fc.assert(fc.asyncProperty(tables, batches, isRead), { seed: 20261128, numRuns: scaled(200) });
});
