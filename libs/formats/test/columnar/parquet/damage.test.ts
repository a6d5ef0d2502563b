import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { canonicalRows, readerInput, readFixtureFolder, schemaOfCase } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { damages, seeded } from "@sluice/parquet/testing";
import { ParquetReader } from "../../../src/columnar/parquet/parquet-reader.ts";

// P1. Whatever a file holds, reading it ends: with as many rows as it had undamaged, or with an ImportError.
// P2. Lengths and counts in a file are claims: no memory is allocated on their word.

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures");

/** Files that between them have every codec, encoding, page version and column kind. */
const samples: readonly [folder: string, name: string][] = [
  ["parquet/types", "codec-none"],
  ["parquet/types", "codec-snappy"],
  ["parquet/types", "codec-lz4"],
  ["parquet/types", "codec-zstd"],
  ["parquet/types", "codec-gzip"],
  ["parquet/types", "codec-brotli"],
  ["parquet/types", "page-v2"],
  ["parquet/types", "delta"],
  ["parquet/types", "byte-stream-split"],
  ["parquet/types", "rle-bool-v2"],
  ["parquet/types", "small-pages"],
  ["parquet/types", "small-dictionary"],
  ["parquet/types", "binary-vector-as-binary"],
  ["parquet/nulls", "nulls"],
  ["parquet/nulls", "sparse-struct-int64"],
  ["parquet/nulls", "sparse-text"],
  ["parquet/writers", "duckdb-v2"],
  ["parquet/values", "dynamic"],
  ["parquet/values", "sparse-forms"],
  ["parquet/values", "decimals-as-bytes"],
  ["parquet/values", "duckdb-types"],
  ["parquet/values", "duckdb-null-array"],
  ["parquet/values", "json-text"],
  ["parquet/values", "wkb"],
  ["parquet/values", "duckdb-variant-objects"],
  ["bulkwriter/pymilvus-3.0.1-struct-geo-int8", "parquet"],
  ["bulkwriter/pymilvus-2.6.17-all-types", "parquet"],
];

/** Reads everything; an ImportError is a fine end, anything else is thrown. */
async function outcome(file: Uint8Array, folder: string, name: string): Promise<number | "error"> {
  const fixtureFolder = readFixtureFolder(join(fixtures, folder));
  const schema = schemaOfCase(fixtureFolder, fixtureFolder.cases.find((fixture) => fixture.name === name)!);
  const sources = [await memoryFile("f.parquet", file)];
  await using reader = new ParquetReader(readerInput(schema, sources));
  let rows = 0;
  try {
    for await (const batch of reader.batches({ batchBytes: 4096, signal: new AbortController().signal })) {
      canonicalRows(schema, completeBatch(schema, batch));
      rows += batch.rowCount;
    }
    return rows;
  } catch (error) {
    if (error instanceof ImportError && error.code !== "internal") return "error";
    throw error;
  }
}

describe.each(samples)("P1: %s/%s", (folder, name) => {
  const folderPath = join(fixtures, folder);
  const fixture = readFixtureFolder(folderPath).cases.find((candidate) => candidate.name === name)!;
  const file = new Uint8Array(readFileSync(join(folderPath, fixture.files[0])));

  test.each(Object.keys(damages))("damage by %s", async (kind) => {
    const random = seeded(name.length * 1000 + kind.length);
    const whole = await outcome(file, folder, name);
    for (let i = 0; i < Number(process.env.PARQUET_DAMAGE_RUNS ?? 8); i++) {
      expect([whole, "error"]).toContain(await outcome(damages[kind](file, random), folder, name));
    }
  });

  test("a cut at any length is an error", async () => {
    for (let length = 0; length < file.length; length += 997) {
      expect(await outcome(file.slice(0, length), folder, name)).toBe("error");
    }
  });
});
