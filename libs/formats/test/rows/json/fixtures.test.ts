import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { expectedRows, type FixtureCase, readFixtureFolder, runCase } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import type { ReaderInput } from "../../../src/format.ts";
import { openJson, openJsonl } from "../../../src/rows/json/index.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures");
const sources = await folderSources(fixtures);

const bulkWriters = [
  "pymilvus-2.4.15-all-types",
  "pymilvus-2.4.15-auto-varchar-dynamic",
  "pymilvus-2.4.15-int64-vector",
  "pymilvus-2.4.15-scalars-dense",
  "pymilvus-2.6.17-all-types",
  "pymilvus-2.6.17-auto-varchar-dynamic",
  "pymilvus-2.6.17-int64-vector",
  "pymilvus-2.6.17-nullable-default",
  "pymilvus-2.6.17-nullable-scalars",
  "pymilvus-2.6.17-scalars-dense",
  "pymilvus-2.6.17-struct-geo-int8",
  "pymilvus-3.0.1-nullable-default",
  "pymilvus-3.0.1-struct-geo-int8",
].map((name) => `bulkwriter/${name}`);

/** Path mapping, and column-based JSON, are not formats of these readers. */
const isOurs = (fixture: FixtureCase) =>
  (fixture.type === "json" || fixture.type === "jsonl") && !fixture.fields_mapping;

describe.each(["json/rows", "json/values", "json/bad", ...bulkWriters])("%s", (name) => {
  const folder = readFixtureFolder(join(fixtures, name));
  const cases = folder.cases.filter(isOurs).map((fixture) => [fixture.name, fixture] as const);
  // Tiny chunks cut every token somewhere; tiny batches reuse every buffer.
  describe.each([
    ["usual buffers", undefined, undefined],
    ["tiny buffers", 331, 500],
  ])("%s", (_size, chunkBytes, batchBytes) => {
    test.each(cases)("%s", async (_name, fixture) => {
      const options = chunkBytes === undefined ? {} : { chunkBytes };
      const open = (input: ReaderInput) =>
        fixture.type === "jsonl" ? openJsonl(input, options) : openJson(input, options);
      const outcome = await runCase(folder, fixture, sources, open, batchBytes);
      if (outcome instanceof ImportError) checkError(fixture, outcome);
      else {
        expect(fixture.expect).not.toBe("error");
        expect(outcome).toEqual(expectedRows(folder, fixture));
      }
    });
  });
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
