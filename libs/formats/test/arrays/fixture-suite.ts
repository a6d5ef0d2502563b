import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import {
  type CanonicalRow,
  expectedRows,
  type FixtureCase,
  readerInput,
  readFixtureFolder,
  runCase,
  schemaOfCase,
  sourcesOfCase,
} from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";

const fixtures = join(import.meta.dirname, "../../../../test/fixtures");
const sources = await folderSources(fixtures);

/** How the cases of a folder are taken. */
export interface FixtureSuite {
  /** Codes of errors by the fixtures' kind of defect. */
  readonly codes: Readonly<Record<string, string>>;
  /** Rows come in another order than the table has. */
  readonly isUnordered?: boolean;
  /** Doubtful cases that are read. */
  readonly readHere?: readonly string[];
}

/** Each case of `test/fixtures/NAME`: rows or the refusal, whatever the size of batches, and the probe that fits. */
export function fixtureSuite(name: string, { codes, isUnordered = false, readHere = [] }: FixtureSuite): void {
  const folder = readFixtureFolder(join(fixtures, name));
  const order = (rows: readonly CanonicalRow[]) =>
    isUnordered ? [...rows].sort((a, b) => (BigInt(`${a.id}`) < BigInt(`${b.id}`) ? -1 : 1)) : rows;

  it.each(folder.cases.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    const given = withMapping(fixture);
    const isRead = fixture.expect === "rows" || (fixture.expect === "rows_or_error" && readHere.includes(fixture.name));
    for (const batchBytes of [1, 1000, 1 << 20]) {
      const outcome = await runCase(folder, given, sources, formatNamed(fixture.type).open, batchBytes);
      if (!isRead) expectRefusal(outcome, fixture, codes);
      else if (outcome instanceof ImportError) throw outcome;
      else expect(order(outcome)).toEqual(order(expectedRows(folder, fixture)));
    }
    if (!isRead) return;
    const input = readerInput(
      schemaOfCase(folder, fixture),
      await sourcesOfCase(folder, fixture, sources),
      given.fields_mapping && { fields_mapping: JSON.stringify(given.fields_mapping) },
    );
    const { rowCount } = await formatNamed(fixture.type).probe(input, new AbortController().signal);
    expect(rowCount).toBe(expectedRows(folder, fixture).length);
    for (const source of input.sources) await source[Symbol.asyncDispose]();
  });
}

/** `columns` of a case are what a user would say by `fields_mapping`. */
function withMapping(fixture: FixtureCase): FixtureCase {
  const mapping = Object.entries(fixture.columns ?? {}).map(([field, column]) => [column, field]);
  return mapping.length === 0 ? fixture : { ...fixture, fields_mapping: Object.fromEntries(mapping) };
}

function expectRefusal(outcome: unknown, { error, name }: FixtureCase, codes: FixtureSuite["codes"]): void {
  expect(outcome).toBeInstanceOf(ImportError);
  const { code, at, message } = outcome as ImportError;
  expect(message).not.toMatch(/undefined|\[object/);
  if (!error) return;
  expect([name, code]).toEqual([name, codes[error.kind]]);
  const known = { row: error.row, field: error.field, byteOffset: error.byte };
  expect(at).toMatchObject(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)));
}
