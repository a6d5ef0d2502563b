import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { expectedRows, type FixtureCase, readFixtureFolder, runCase } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import type { ReaderInput } from "../../../src/format.ts";
import { openSeparated } from "../../../src/rows/csv/index.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures");
const sources = await folderSources(fixtures);

const bulkWriters = [
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

describe.each(["csv/rows", "csv/bad", ...bulkWriters])("%s", (name) => {
  const folder = readFixtureFolder(join(fixtures, name));
  const cases = folder.cases.filter(({ type }) => type === "csv").map((fixture) => [fixture.name, fixture] as const);
  // Tiny chunks cut every token somewhere; tiny batches reuse every buffer.
  describe.each([
    ["usual buffers", undefined, undefined],
    ["tiny buffers", 331, 500],
  ])("%s", (_size, chunkBytes, batchBytes) => {
    test.each(cases)("%s", async (_name, fixture) => {
      const options = chunkBytes === undefined ? {} : { chunkBytes };
      const open = (input: ReaderInput) => openSeparated(input, ",", options);
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
  if (fixture.expect !== "error") throw new Error(`expected rows, got: ${message}`);
  const { row, field, line = at?.line } = fixture.error as { row?: number; field?: string; line?: number };
  expect({ row: at?.row, field: field && at?.field, line: at?.line, reason }).toEqual({ row, field, line, reason });
}
