import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, it } from "@jest/globals";
import { writeSample } from "../src/quickstart/sample.ts";

it("the sample is the same each time, one import a format, each a table of its own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-sample-"));
  try {
    const [jsonl, npy, parquet] = await writeSample(folder);
    const before = await Promise.all([...jsonl.files, ...npy.files, ...parquet.files].map((file) => readFile(file)));
    const again = (await writeSample(folder)).flatMap(({ files }) => files);
    expect(again).toHaveLength(before.length);
    // Not by toEqual, which looks at each byte as at a value of an object.
    for (const [i, file] of again.entries()) expect(before[i].equals(await readFile(file))).toBe(true);
    const lines = before[0].toString().trim().split("\n");
    expect(lines).toHaveLength(jsonl.rows);
    expect(JSON.parse(lines[5])).toMatchObject({ id: 5, title: "Book 5", year: 1935 });
    expect(npy.files.map((file) => basename(file))).toEqual(["id.npy", "title.npy", "year.npy", "vector.npy"]);
    // NumPy maps files whose data begins at a multiple of 64.
    for (const file of before.slice(1, 5)) expect((10 + file.readUInt16LE(8)) % 64).toBe(0);
    expect(before[5].subarray(-4).toString()).toBe("PAR1");
  } finally {
    await rm(folder, { recursive: true });
  }
});
