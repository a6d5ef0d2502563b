import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import {
  expectedRows,
  type FixtureCase,
  type FixtureFolder,
  readerInput,
  readFixtureFolder,
  runCase,
  schemaOfCase,
  sourcesOfCase,
} from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import { npyFormat } from "../../../src/arrays/npy/index.ts";
import type { ReaderInput } from "../../../src/format.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures");

function foldersWithNpy(): FixtureFolder[] {
  const folders = [
    "numpy/columns",
    "numpy/bad",
    "numpy/values",
    ...readdirSync(join(fixtures, "bulkwriter")).map((name) => join("bulkwriter", name)),
  ];
  return folders
    .filter((name) => existsSync(join(fixtures, name, "expected.json")))
    .map((name) => readFixtureFolder(join(fixtures, name)))
    .filter(({ cases }) => cases.some(isNpy));
}

const isNpy = ({ type }: FixtureCase) => type === "npy" || type === "numpy";

const sources = await folderSources(fixtures);

/** Codes by the fixtures' kind of defect. */
const codes: Readonly<Record<string, string>> = {
  pickle: "unsupported",
  unsupported: "unsupported",
  type: "schema_mismatch",
  shape: "schema_mismatch",
  dim: "schema_mismatch",
  missing_field: "schema_mismatch",
  auto_id_given: "schema_mismatch",
  row_count: "malformed_file",
  truncated: "malformed_file",
  magic: "malformed_file",
  version: "malformed_file",
  header: "malformed_file",
  nan: "value_invalid",
  range: "value_invalid",
  length: "value_invalid",
  utf8: "value_invalid",
  utf32: "value_invalid",
  json: "value_invalid",
};

/** Cases that Milvus refuses, or reads otherwise, but that have one meaning: read. The rest of the doubtful ones is refused. */
const readHere = new Set([
  "f2",
  "fortran",
  "header-double-quotes",
  "half-f4",
  "half-f2",
  "extra-file",
  "column-2d",
  "trailing-bytes",
]);

describe.each(foldersWithNpy().map((folder) => [folder.folder.slice(fixtures.length + 1), folder] as const))(
  "%s",
  (_, folder) => {
    const open = (input: ReaderInput) => npyFormat.open(input);

    it.each(folder.cases.filter(isNpy).map((fixture) => [fixture.name, fixture] as const))(
      "%s",
      async (name, fixture) => {
        const outcomes = [];
        for (const batchBytes of [1, 1000, 1 << 20])
          outcomes.push(await runCase(folder, fixture, sources, open, batchBytes));
        for (const outcome of outcomes) {
          if (fixture.expect === "rows" || (fixture.expect === "rows_or_error" && readHere.has(name))) {
            if (outcome instanceof ImportError) throw outcome;
            expect(outcome).toEqual(expectedRows(folder, fixture));
          } else checkError(outcome, fixture);
        }
      },
    );

    it("the probe counts the rows of what can be read, and refuses what the headers betray", async () => {
      for (const fixture of folder.cases.filter(isNpy)) {
        const probe = async () => {
          await using opened = new AsyncDisposableStack();
          const files = await sourcesOfCase(folder, fixture, sources);
          for (const file of files) opened.use(file);
          return await npyFormat.probe(readerInput(schemaOfCase(folder, fixture), files), new AbortController().signal);
        };
        const expected = fixture.rows ? folder.tables[fixture.rows].length : undefined;
        const outcome = await probe().catch((error: unknown) => error);
        if (fixture.expect === "rows")
          expect(outcome).toEqual({ rowCount: expected, cuts: "anywhere", extent: expected });
        else if (fixture.expect === "error" && codes[fixture.error?.kind ?? ""] !== "value_invalid")
          expect(outcome).toBeInstanceOf(ImportError);
      }
    });
  },
);

function checkError(outcome: unknown, { error, files }: FixtureCase): void {
  expect(outcome).toBeInstanceOf(ImportError);
  const { code, at, message } = outcome as ImportError;
  if (!error) return;
  // Kinds such as `dim_or_truncated` leave the choice.
  expect([error.kind, code]).toEqual([error.kind, codes[error.kind] ?? code]);
  expect(message).not.toMatch(/undefined|\[object/);
  if (error.kind !== "missing_field") expect(files).toContain(at?.file);
  const known = { row: error.row, field: error.field, byteOffset: error.byte };
  expect(at).toMatchObject(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)));
}
