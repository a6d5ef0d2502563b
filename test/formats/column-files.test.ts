import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { expectedRows, type FixtureCase, readFixtureFolder, runCase } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";

// Columns in files of their own, as JSON beside arrays, under their own names or mapped.

const fixtures = join(import.meta.dirname, "../fixtures");
const folder = readFixtureFolder(join(fixtures, "json/columns"));
const sources = await folderSources(fixtures);

/** `columns` of a case are what a user would say by `fields_mapping`, where a file holds one field and is called otherwise. */
function mapped(fixture: FixtureCase): FixtureCase {
  const files = Object.entries(fixture.columns ?? {}).map(([field, file]) => [file.replace(/\.\w+$/, ""), field]);
  const own = files.filter(([name, field]) => name !== field && files.filter(([other]) => other === name).length === 1);
  return own.length === 0 ? fixture : { ...fixture, fields_mapping: Object.fromEntries(own) };
}

const withArrays = folder.cases.filter(({ files }) => files.some((file) => file.endsWith(".npy")));

it.each(withArrays.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
  for (const batchBytes of [1, 1000, 1 << 20]) {
    const outcome = await runCase(folder, mapped(fixture), sources, formatNamed("columns").open, batchBytes);
    expect(outcome).toEqual(expectedRows(folder, fixture));
  }
});
