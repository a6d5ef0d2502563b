import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { expectedRows, type FixtureCase, readFixtureFolder, runCase } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import { ParquetReader } from "../../../src/columnar/parquet/parquet-reader.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures");
const ours = join(import.meta.dirname, "fixtures");
const sources = await folderSources(fixtures, ours);

const bulkWriters = readdirSync(join(fixtures, "bulkwriter")).map((name) => `bulkwriter/${name}`);
const own = ["parquet/types", "parquet/nulls", "parquet/writers", "parquet/values", "parquet/bad"];

/** What a reader with more to offer than Milvus does must really read, not refuse. */
const readThough: ReadonlySet<string> = new Set([
  "large-string",
  "large-list",
  "string-view",
  "dictionary-column",
  "binary-vector-as-fixed-binary",
  "ints-as-int64",
  "uint64-id",
  "vector-float16",
  "half-from-float",
  "pandas-index",
  "pandas-index-is-pk",
  "pandas-range-index",
  "polars",
  "polars-array",
  "duckdb-array",
  "duckdb-json",
  "magic-start",
]);

const folders = [...own, ...bulkWriters].map((name) => [name, join(fixtures, name)]);

const ourFolders = [
  ["many small pages", ours],
  ["Node bulk writer", join(ours, "node-bulk-writer")],
];

describe.each([...folders, ...ourFolders])("%s", (_name, path) => {
  const folder = readFixtureFolder(path);
  const cases = folder.cases
    .filter(({ type }) => type === "parquet")
    .map((fixture) => [fixture.name, fixture] as const);
  describe.each([
    ["one batch", 1 << 20, undefined],
    ["batches of some rows, ranges cut in pages", 1500, 777],
    ["batches of one row, ranges cut in headers", 1, 13],
  ])("%s", (_size, batchBytes, maxReadBytes) => {
    test.each(cases)("%s", async (_name, fixture) => {
      const outcome = await runCase(
        folder,
        fixture,
        sources,
        (input) => new ParquetReader(input, { maxReadBytes }),
        batchBytes,
      );
      if (outcome instanceof ImportError) checkError(fixture, outcome);
      else {
        expect(fixture.expect).not.toBe("error");
        expect(outcome).toEqual(expectedRows(folder, fixture));
      }
    });
  });
});

/** Our word for a defect -> the code that stands for it. */
const codes: Readonly<Record<string, string>> = {
  missing_field: "schema_mismatch",
  type: "schema_mismatch",
  duplicate_field: "schema_mismatch",
  damaged: "malformed_file",
  encrypted: "unsupported",
};

function checkError(fixture: FixtureCase, { at, code, message }: ImportError): void {
  if (fixture.expect === "rows" || readThough.has(fixture.name)) throw new Error(`expected rows, got: ${message}`);
  if (fixture.expect === "rows_or_error") return;
  const { kind, row, field } = fixture.error!;
  const expected = { code: codes[kind] ?? "value_invalid", file: fixture.files[0], row, field: field ?? at?.field };
  expect({ code, file: at?.file, row: kind === "damaged" ? row : at?.row, field: at?.field }).toEqual(expected);
}
