import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { expectedRows, type FixtureCase, readFixtureFolder, runCase } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import type { FormatReader, ReaderInput } from "../../src/format.ts";

const fixtures = join(import.meta.dirname, "../../../../test/fixtures");

/** How one format reads the cases that are its own. */
export interface FixtureReader {
  readonly isOurs: (fixture: FixtureCase) => boolean;
  open(fixture: FixtureCase, input: ReaderInput, options: { readonly chunkBytes?: number }): FormatReader;
  /** Compares what was refused with what the fixture says of it. */
  checkError(fixture: FixtureCase, error: ImportError): void;
}

/** Each case of these folders of `test/fixtures`: its rows, or its error. */
export async function describeFixtures(names: readonly string[], reader: FixtureReader): Promise<void> {
  const sources = await folderSources(fixtures);
  describe.each([...names])("%s", (name) => {
    const folder = readFixtureFolder(join(fixtures, name));
    const cases = folder.cases.filter(reader.isOurs).map((fixture) => [fixture.name, fixture] as const);
    // Tiny chunks cut every token somewhere; tiny batches reuse every buffer.
    describe.each([
      ["usual buffers", undefined, undefined],
      ["tiny buffers", 331, 500],
    ])("%s", (_size, chunkBytes, batchBytes) => {
      test.each(cases)("%s", async (_name, fixture) => {
        const options = chunkBytes === undefined ? {} : { chunkBytes };
        const open = (input: ReaderInput) => reader.open(fixture, input, options);
        const outcome = await runCase(folder, fixture, sources, open, batchBytes);
        if (outcome instanceof ImportError) reader.checkError(fixture, outcome);
        else {
          expect(fixture.expect).not.toBe("error");
          expect(outcome).toEqual(expectedRows(folder, fixture));
        }
      });
    });
  });
}

/** Of files that a bulk writer of pymilvus has written: the folder of each case. */
export function bulkWriterFolders(cases: readonly string[]): string[] {
  return cases.map((name) => `bulkwriter/pymilvus-${name}`);
}
