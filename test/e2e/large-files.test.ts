import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { type Book, bookCollection, books, readRecords, type SourceFiles, useServer } from "../support/index.ts";

// Files larger than `splitSize` are cut into tasks by range; the rows must be the same as of the whole file.

const fixture = useServer({ splitSize: "1MB", flushSize: "256KB", segmentSize: "2MB" });
const ROWS = 80_000;

const formats: Record<string, (files: SourceFiles, name: string, rows: readonly Book[]) => Promise<string[]>> = {
  json: (files, name, rows) => files.json(`${name}.json`, rows),
  // Every title ends with a line break, so that half of all line ends are no ends of records.
  csv: (files, name, rows) => files.csv(`${name}.csv`, rows),
  jsonl: (files, name, rows) => files.jsonl(`${name}.jsonl`, rows),
  npy: (files, name, rows) => files.npy(name, rows),
  parquet: (files, name, rows) => files.parquet(`${name}.parquet`, rows),
};

describe("a large file", () => {
  it.each(Object.entries(formats))("of %s has the same rows, cut or not", async (format, write) => {
    const { client, files } = fixture;
    const name = `large_${format}`;
    const plain = books(ROWS, 1n);
    const rows = format === "csv" ? plain.map((row) => ({ ...row, title: `${row.title}, "2\n"\n` })) : plain;
    await client.createCollection(bookCollection(name, { shards: 2 }));
    const outcome = await client.importAndWait(name, await write(files, name, rows));
    expect(outcome.rowCount).toBe(ROWS);
    expect(await client.count(name)).toBe(ROWS);
    const found = await client.query(name, "id > 0", ["id", "title", "year", "vector"]);
    expect(found.length).toBe(ROWS);
    expect(found.findIndex((row, i) => !equalBook(row as unknown as Book, rows[i]))).toBe(-1);
  });

  it("of JSON, JSON Lines, CSV, NumPy and Parquet is cut indeed", async () => {
    await fixture.stop();
    const { jobs, tasks } = await readRecords(fixture.dataDir);
    await fixture.restart();
    const tasksOf = (format: string) => {
      const ids = jobs.filter((job) => job.collectionName === `large_${format}`).map((job) => job.jobId);
      return tasks.filter((task) => ids.includes(task.jobId)).length;
    };
    expect(Math.min(...["json", "jsonl", "csv", "npy", "parquet"].map(tasksOf))).toBeGreaterThan(1);
  });

  it("gives a fault's row from the start of the file, in whatever range it lies", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("large_bad"));
    const rows: object[] = books(ROWS);
    rows[ROWS - 3] = { ...rows[ROWS - 3], year: 1.5 };
    const { reason } = await client.importAndFail("large_bad", await files.json("large-bad.json", rows));
    expect(reason).toContain(`row ${ROWS - 3}`);
    expect(await client.count("large_bad")).toBe(0);
  });

  it("that gives its automatic keys in some ranges only is refused", async () => {
    const { client, files } = fixture;
    const fields = [
      { name: "id", type: DataType.Int64, key: true, auto: true },
      { name: "vector", type: DataType.FloatVector, dim: 4 },
    ];
    await client.createCollection({ name: "large_mixed", fields, properties: { allow_insert_auto_id: "true" } });
    const line = (id: string) => `{${id}"vector":[0.5,1.5,2.5,3.5],"padding":"${"x".repeat(100)}"}\n`;
    const rows = Array.from({ length: 30_000 }, (_, i) => line(i < 8000 ? "" : `"id":${i},`)).join("");
    const { reason } = await client.importAndFail("large_mixed", [await files.write("large-mixed.jsonl", rows)]);
    expect(reason).toMatch(/is missed/);
    expect(await client.count("large_mixed")).toBe(0);
  });

  it("gets automatic keys that are unique over its ranges", async () => {
    const { client, files } = fixture;
    const fields = [
      { name: "id", type: DataType.Int64, key: true, auto: true },
      { name: "number", type: DataType.Int32 },
      { name: "vector", type: DataType.FloatVector, dim: 2 },
    ];
    await client.createCollection({ name: "large_auto", fields });
    const rows = Array.from({ length: 60_000 }, (_, i) => ({ number: i, vector: [i + 0.5, -i] }));
    const { idRanges } = await client.importAndWait("large_auto", await files.jsonl("large-auto.jsonl", rows));
    const found = await client.query("large_auto", "number >= 0", ["id", "number"]);
    expect(new Set(found.map((row) => row.id)).size).toBe(60_000);
    expect(new Set(found.map((row) => row.number)).size).toBe(60_000);
    expect(idRanges.reduce((sum, bound, i) => sum + (i % 2 === 0 ? -bound : bound), 0n)).toBe(60_000n);
  });
});

function equalBook(found: Book, written: Book): boolean {
  return (
    found.id === written.id &&
    found.title === written.title &&
    found.year === written.year &&
    found.vector.every((value, i) => value === written.vector[i])
  );
}
