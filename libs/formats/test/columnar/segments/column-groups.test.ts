import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { groupedFolder, manifestAt, readGroupedSegment } from "@sluice/formats";
import fc from "fast-check";
import { fixtures } from "./segment-files.ts";

const folder = "insert_log/1/2";
const read = (path: string, bytes: Uint8Array) => readGroupedSegment(`${folder}/${path}`, bytes);
const bytesOf = (path: string) => readFileSync(join(fixtures, "milvus-storage-v3", folder, path));
const narrow = [0, 1, 100, 101, 102, 103, 104];
const fileOf = (group: number, segment: number, row: number) =>
  `${folder}/${segment}/_data/${group}_0000000${group}-0000-4000-8000-${String(row).padStart(12, "0")}.parquet`;

describe("a manifest of a segment of storage version 3", () => {
  it("names files of column groups with their rows, and deletes", () => {
    const path = "3/_metadata/manifest-10.avro";
    expect(read(path, bytesOf(path))).toEqual({
      groups: [
        { columns: narrow, rows: [20, 25], files: [fileOf(0, 3, 0), fileOf(0, 3, 20)] },
        { columns: [105], rows: [20, 10, 15], files: [fileOf(1, 3, 0), fileOf(1, 3, 20), fileOf(1, 3, 30)] },
      ],
      deltas: [`${folder}/3/_delta/470659701576565003`],
    });
  });

  it("is read in its form from before March 2026", () => {
    const path = "4/_metadata/manifest-1.avro";
    expect(read(path, bytesOf(path))).toEqual({
      groups: [
        { columns: narrow, rows: [15], files: [fileOf(0, 4, 0)] },
        { columns: [105], rows: [15], files: [fileOf(1, 4, 0)] },
      ],
      deltas: [],
    });
  });

  it.each(["3/_metadata/manifest-10.avro", "4/_metadata/manifest-1.avro"])(
    "%s with other bytes is refused with its path, or says what it says",
    (path) => {
      const bytes = bytesOf(path);
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
      fc.assert(
        fc.property(fc.array(change, { maxLength: 4 }), fc.nat(bytes.length), (changes, length) => {
          const changed = Uint8Array.from(bytes.subarray(0, length));
          for (const [at, byte] of changes) if (at < length) changed[at] = byte;
          try {
            for (const { files } of read(path, changed).groups)
              for (const file of files) expect(file.startsWith(folder)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(ImportError);
            expect(String((error as Error).message)).toContain("manifest-");
          }
        }),
      );
    },
  );
});

it.each([
  ["a/3/_metadata/manifest-12.avro", { folder: "a/3/", version: 12 }, "a/3/"],
  ["a/3/_metadata/manifest-x.avro", undefined, "a/3/"],
  ["_data/0_a.parquet", undefined, ""],
  ["a/3/100/441", undefined, undefined],
])("%s is told by its path", (path, manifest, segment) => {
  expect([manifestAt(path), groupedFolder(path)]).toEqual([manifest, segment]);
});
