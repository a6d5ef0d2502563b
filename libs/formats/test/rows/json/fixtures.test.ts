import { expect } from "@jest/globals";
import type { ImportError } from "@sluice/errors";
import type { FixtureCase } from "@sluice/formats/testing";
import { openJson, openJsonl } from "../../../src/rows/json/index.ts";
import { bulkWriterFolders, describeFixtures } from "../fixture-folders.ts";

const bulkWriters = bulkWriterFolders([
  "2.4.15-all-types",
  "2.4.15-auto-varchar-dynamic",
  "2.4.15-int64-vector",
  "2.4.15-scalars-dense",
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

/** Path mapping, and column-based JSON, are not formats of these readers. */
const isOurs = (fixture: FixtureCase) =>
  (fixture.type === "json" || fixture.type === "jsonl") && !fixture.fields_mapping;

await describeFixtures(["json/rows", "json/values", "json/bad", ...bulkWriters], {
  isOurs,
  open: (fixture, input, options) => (fixture.type === "jsonl" ? openJsonl(input, options) : openJson(input, options)),
  checkError,
});

function checkError(fixture: FixtureCase, { at, reason, message }: ImportError): void {
  if (fixture.expect === "rows") throw new Error(`expected rows, got: ${message}`);
  if (fixture.expect === "rows_or_error") return;
  expect({ file: at?.file, row: at?.row, field: at?.field, byte: at?.byteOffset, reason }).toEqual({
    file: fixture.files[0],
    row: fixture.error?.row,
    // Where the file is cut, or too deep, the fixture does not say in which field.
    field: fixture.error?.kind === "depth_or_syntax" ? at?.field : fixture.error?.field,
    byte: fixture.error?.byte ?? at?.byteOffset,
    reason,
  });
}
