import { expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { memoryFile } from "@sluice/object-store/testing";
import { withContent } from "../src/foreign-content.ts";

it.each([
  ["a.csv", "x; the file is Parquet: give it the extension .parquet"],
  ["a.parquet", "x"],
  ["A.PARQUET", "x"],
])("of damaged Parquet in %s", async (path, reason) => {
  const file = await memoryFile(path, Buffer.from("PAR1 and something else"));
  expect(await withContent(new ImportError("malformed_file", "x"), file)).toMatchObject({ reason });
});
