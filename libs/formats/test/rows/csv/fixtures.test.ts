import { expect } from "@jest/globals";
import type { ImportError } from "@sluice/errors";
import type { FixtureCase } from "@sluice/formats/testing";
import { openSeparated } from "../../../src/rows/csv/index.ts";
import { bulkWriterFolders, describeFixtures } from "../fixture-folders.ts";

const bulkWriters = bulkWriterFolders([
  "2.6.17-all-types",
  "2.6.17-auto-varchar-dynamic",
  "2.6.17-int64-vector",
  "2.6.17-nullable-default",
  "2.6.17-nullable-scalars",
  "2.6.17-scalars-dense",
  "2.6.17-struct-geo-int8",
  "3.0.1-nullable-default",
  "3.0.1-struct-geo-int8",
]);

const isOurs = ({ type }: FixtureCase) => type === "csv";

await describeFixtures(["csv/rows", "csv/bad", ...bulkWriters], {
  isOurs,
  open: (_fixture, input, options) => openSeparated(input, ",", options),
  checkError,
});

function checkError(fixture: FixtureCase, { at, reason, message }: ImportError): void {
  if (fixture.expect !== "error") throw new Error(`expected rows, got: ${message}`);
  const { row, field, line = at?.line } = fixture.error as { row?: number; field?: string; line?: number };
  expect({ row: at?.row, field: field && at?.field, line: at?.line, reason }).toEqual({ row, field, line, reason });
}
