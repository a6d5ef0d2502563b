import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { groupedFolder, manifestAt, readGroupedSegment } from "@sluice/formats";
import { streams, Type } from "avsc";
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

/** A manifest by a library that is not ours, in the schema that its members have. */
async function manifestOf(groups: object[]): Promise<Uint8Array> {
  const manifest = { column_groups: groups, delta_logs: [] };
  const encoder = new streams.BlockEncoder(Type.forValue(manifest));
  encoder.end(manifest);
  return Buffer.concat(await Array.fromAsync(encoder));
}

describe("a manifest whose members are others", () => {
  const part = (path: unknown, end: number) => ({ path, start_index: 0, end_index: end });
  const group = (columns: unknown, ...files: object[]) => ({ columns, files, format: "parquet" });
  const whole = group(["100"], part("0_a.parquet", 20));
  it.each<[what: string, groups: object[], reason: RegExp]>([
    ["a group has no files", [whole, group(["105"])], /the column group of fields 105 has no files, and others have/],
    ["rows are no integer", [group(["100"], part("0_a.parquet", 2 ** 60))], /files are read whole/], // a double
    ["a path is a number", [group(["100"], part(7, 20))], /damaged: it is no manifest of a segment/],
    ["columns are a number", [group(7, part("0_a.parquet", 20))], /damaged: it is no manifest of a segment/],
  ])("is refused where %s", async (_, groups, reason) => {
    const bytes = await manifestOf(groups);
    expect(() => read("3/_metadata/manifest-1.avro", bytes)).toThrow(ImportError);
    expect(() => read("3/_metadata/manifest-1.avro", bytes)).toThrow(reason);
  });

  it("is refused where rows are beyond 2^53", () => {
    const text = bytesOf("4/_metadata/manifest-1.avro").toString("latin1");
    // 15 as a long of Avro, and 2^60.
    const changed = text.replace(".parquet\0\x1e", `.parquet\0${"\x80".repeat(8)}\x20`);
    const bytes = Buffer.from(changed, "latin1");
    expect(() => read("4/_metadata/manifest-1.avro", bytes)).toThrow(/the segment has rows 0 to 1152921504606846976:/);
  });

  it("is that of a segment without rows where no group has files", async () => {
    const bytes = await manifestOf([{ columns: ["100"], files: [], format: "parquet" }]);
    const groups = [{ columns: [100], rows: [], files: [] }];
    expect(read("3/_metadata/manifest-1.avro", bytes)).toEqual({ groups, deltas: [] });
  });
});

it.each([
  ["a/3/_metadata/manifest-12.avro", { folder: "a/3/", version: 12 }, "a/3/"],
  ["a/3/_metadata/manifest-x.avro", undefined, "a/3/"],
  ["_data/0_a.parquet", undefined, ""],
  ["a/3/100/441", undefined, undefined],
])("%s is told by its path", (path, manifest, segment) => {
  expect([manifestAt(path), groupedFolder(path)]).toEqual([manifest, segment]);
});
