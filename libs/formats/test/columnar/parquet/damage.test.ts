import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { canonicalRows, readFixtureFolder, schemaOfCase } from "@sluice/formats/testing";
import { MemoryObjectStore } from "@sluice/object-store";
import { ParquetReader } from "../../../src/columnar/parquet/index.ts";

// P1. Whatever a file holds, reading it ends: with rows or with an ImportError.
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
  ["bulkwriter/pymilvus-3.0.1-struct-geo-int8", "parquet"],
  ["bulkwriter/pymilvus-2.6.17-all-types", "parquet"],
];

/** Mulberry32: the same damage in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;

/** Kinds of damage; each answers a changed copy. */
const damages: Readonly<Record<string, (file: Uint8Array, random: Random) => Uint8Array>> = {
  "one bit": (file, random) => changed(file, (copy) => void (copy[random(copy.length)] ^= 1 << random(8))),
  "one byte": (file, random) => changed(file, (copy) => void (copy[random(copy.length)] = random(256))),
  "bytes of 0xff": (file, random) => changed(file, (copy) => void copy.fill(0xff, ...span(copy, random))),
  "random bytes": (file, random) =>
    changed(file, (copy) => {
      const [start, end] = span(copy, random);
      for (let i = start; i < end; i++) copy[i] = random(256);
    }),
  "a piece cut out": (file, random) => {
    const [start, end] = span(file, random);
    return Buffer.concat([file.subarray(0, start), file.subarray(end)]);
  },
  "the footer": (file, random) => changed(file, (copy) => void (copy[copy.length - 9 - random(600)] = random(256))),
  "a cut": (file, random) => file.slice(0, random(file.length)),
};

function changed(file: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = file.slice();
  change(copy);
  return copy;
}

function span(file: Uint8Array, random: Random): [number, number] {
  const start = random(file.length);
  return [start, Math.min(file.length, start + 1 + random(40))];
}

/** Reads everything; an ImportError is a fine end, anything else is thrown. */
async function outcome(file: Uint8Array, folder: string, name: string): Promise<"rows" | "error"> {
  await using store = new MemoryObjectStore();
  await store.put("f.parquet", [file]);
  const fixtureFolder = readFixtureFolder(join(fixtures, folder));
  const schema = schemaOfCase(fixtureFolder, fixtureFolder.cases.find((fixture) => fixture.name === name)!);
  const sources = [{ store, key: "f.parquet", path: "f.parquet", sizeBytes: file.length }];
  await using reader = new ParquetReader({ format: "parquet", sources, schema, options: {} });
  try {
    for await (const batch of reader.batches({ batchBytes: 4096, signal: new AbortController().signal })) {
      canonicalRows(schema, completeBatch(schema, batch));
    }
    return "rows";
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
    for (let i = 0; i < Number(process.env.PARQUET_DAMAGE_RUNS ?? 8); i++) {
      expect(["rows", "error"]).toContain(await outcome(damages[kind](file, random), folder, name));
    }
  });

  test("a cut at any length is an error", async () => {
    for (let length = 0; length < file.length; length += 997) {
      expect(await outcome(file.slice(0, length), folder, name)).toBe("error");
    }
  });
});
