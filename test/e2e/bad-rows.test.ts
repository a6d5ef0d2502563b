import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { bookCollection, bookFields, books, useRest, useServer } from "../support/index.ts";

const fixture = useServer();
const rest = useRest(fixture);

describe("on_error=skip", () => {
  it("leaves bad rows out, names them, keeps them beside the segments, and all counts add up", async () => {
    const { client, files, dataDir } = fixture;
    await client.createCollection(bookCollection("skipped"));
    const rows: object[] = books(1000);
    for (const row of [3, 500, 999]) rows[row] = { ...rows[row], year: "x" };
    const [bad] = await files.jsonl("skipped-bad.jsonl", rows);
    const [good] = await files.jsonl("skipped-good.jsonl", books(10, 5000n));
    const job = await rest.run({ collectionName: "skipped", files: [[bad], [good]], options: { on_error: "skip" } });
    expect(job).toMatchObject({ state: "Completed", importedRows: 1007, rejectedRows: 3, totalRows: 1010 });
    const [{ rejected, rejectedFiles }, second] = job.details;
    expect(job.details).toMatchObject([{ importedRows: 997, rejectedRows: 3 }, { importedRows: 10 }]);
    expect(second.rejected).toBeUndefined();
    expect(rejected.map(({ row, field, file }: Record<string, unknown>) => [row, field, file])).toEqual([
      [3, "year", bad],
      [500, "year", bad],
      [999, "year", bad],
    ]);
    expect(await client.count("skipped")).toBe(1007);
    const read = async (key: string) => (await readFile(join(dataDir, "storage", key), "utf8")).trimEnd().split("\n");
    const texts = await read(rejectedFiles.rows[0]);
    expect(texts.map((text) => JSON.parse(text).year)).toEqual(["x", "x", "x"]);
    expect((await read(rejectedFiles.reasons[0])).map((line) => JSON.parse(line))).toEqual(rejected);
    const state = await client.state(BigInt(job.jobId));
    expect(state).toMatchObject({ rowCount: 1007, infos: { rejected_rows: "3" } });
  });

  it("keeps rows of a JSON document as a document that can be corrected and imported", async () => {
    const { client, files, dataDir } = fixture;
    await client.createCollection(bookCollection("document"));
    const rows: object[] = books(5);
    rows[1] = { ...rows[1], title: 7 };
    rows[2] = { ...rows[2], title: null };
    const [file] = await files.json("document.json", rows);
    const job = await rest.run({ collectionName: "document", files: [[file]], options: { on_error: "skip:40%" } });
    expect(job).toMatchObject({ state: "Completed", importedRows: 3, rejectedRows: 2 });
    const [key] = job.details[0].rejectedFiles.rows;
    const kept = JSON.parse(await readFile(join(dataDir, "storage", key), "utf8"));
    expect(kept.map(({ id }: { id: number }) => id)).toEqual([1, 2]);
    const [corrected] = await files.json(
      "corrected.json",
      kept.map((row: object) => ({ ...row, title: "corrected" })),
    );
    const options = { corrects: job.jobId };
    const second = await rest.run({ collectionName: "document", files: [[corrected]], options });
    expect(second).toMatchObject({ state: "Completed", importedRows: 2, corrects: job.jobId });
    expect((await rest.post("describe", job)).data.correctedBy).toEqual([second.jobId]);
    expect(await client.count("document")).toBe(5);
    await expect(client.import("document", [corrected], { options: { corrects: "12" } })).rejects.toThrow(
      "option corrects names import job 12, and there is none such any more",
    );
  });

  it.each([
    ["skip:2", "more than option on_error=skip:2 allows"],
    ["skip:1%", "more than option on_error=skip:1% allows"],
    ["abort", "year"],
  ])("%s fails a job with three bad rows of ten, and nothing is visible", async (onError, words) => {
    const { client, files } = fixture;
    const name = `too_many_${onError.replace(/\W/g, "_")}`;
    await client.createCollection(bookCollection(name));
    const rows: object[] = books(10);
    for (const row of [1, 2, 3]) rows[row] = { ...rows[row], year: "x" };
    const paths = [await files.jsonl(`${name}.jsonl`, rows)];
    const job = await rest.run({ collectionName: name, files: paths, options: { on_error: onError } });
    expect(job.state).toBe("Failed");
    expect(job.reason).toContain(words);
    expect(await client.count(name)).toBe(0);
  });

  it("hands out all reasons page by page, and the rows to whoever cannot reach the storage", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("paged"));
    const rows: object[] = books(300).map((row, i) => (i % 2 === 0 ? row : { ...row, year: `year ${i}` }));
    const [file] = await files.jsonl("paged.jsonl", rows);
    const { jobId } = await rest.run({ collectionName: "paged", files: [[file]], options: { on_error: "skip" } });
    const { data } = await rest.post("errors", { jobId, pageSize: 40, currentPage: 2 });
    expect(data).toMatchObject({ count: 150, currentPage: 2, pageSize: 40 });
    expect(data.records.map(({ row }: { row: number }) => row)).toEqual(
      Array.from({ length: 40 }, (_, i) => 81 + 2 * i),
    );
    const response = await fetch(`${fixture.url}/v2/vectordb/jobs/import/rejects`, {
      method: "POST",
      body: JSON.stringify({ jobId }),
    });
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).year)).toEqual(
      Array.from({ length: 150 }, (_, i) => `year ${2 * i + 1}`),
    );
    expect((await rest.post("rejects", { jobId, part: 1 })).message).toContain("there is no part 1");
    expect((await rest.post("errors", { jobId, file: 3 })).message).toContain("there is no file 3");
  });

  it("refuses what it does not understand", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("misunderstood"));
    const paths = await files.jsonl("misunderstood.jsonl", books(1));
    await expect(client.import("misunderstood", paths, { options: { on_error: "ignore" } })).rejects.toThrow(
      "on_error",
    );
    await expect(client.import("misunderstood", paths, { options: { dry_run: "yes" } })).rejects.toThrow("dry_run");
    await expect(client.import("misunderstood", paths, { options: { validate_only: "true" } })).rejects.toThrow(
      "say 'dry_run'",
    );
  });
});

describe("dry_run", () => {
  it("reads and checks everything, tells what the rows are like, and writes nothing", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("dry", { shards: 2 }));
    const rows: Record<string, unknown>[] = books(1000).map((row) => ({ ...row, year: 1999 }));
    rows[1] = { ...rows[1], id: rows[0].id };
    rows[7] = { ...rows[7], vector: [0, 0, 0, 0] };
    rows[8] = { ...rows[8], vector: [0, 1, 0, 0] };
    rows[9] = { ...rows[9], vector: [0, 1, 0, 0] };
    rows[20] = { ...rows[20], year: "x" };
    const paths = await files.jsonl("dry.jsonl", rows);
    const job = await rest.run({ collectionName: "dry", files: [paths], options: { dry_run: true } });
    expect(job).toMatchObject({
      ...{ state: "Completed", dryRun: true, importedRows: 0, checkedRows: 999, rejectedRows: 1 },
      details: [{ rejected: [{ row: 20, field: "year" }] }],
      checked: { rows: 999, segments: 2 },
    });
    const field = (name: string) => job.checked.fields.find((health: { field: string }) => health.field === name);
    expect(field("id")).toMatchObject({ duplicates: 1, isConstant: false, nulls: 0 });
    expect(field("year")).toMatchObject({ isConstant: true });
    expect(field("vector")).toMatchObject({ zeroVectors: 1, notNormalized: 996, duplicates: 1 });
    const counted = field("vector").norms.reduce((sum: number, { vectors }: { vectors: number }) => sum + vectors, 0);
    expect(counted).toBe(998);
    expect(await client.count("dry")).toBe(0);
    expect(await client.state(BigInt(job.jobId))).toMatchObject({ rowCount: 0, infos: { checked_rows: "999" } });
  });
});

describe("on_duplicate", () => {
  const twice = async (name: string, onDuplicate: string, more: object = {}) => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection(name, { shards: 2 }));
    const rows = books(100);
    const [first] = await files.jsonl(`${name}-1.jsonl`, rows);
    const [second] = await files.jsonl(`${name}-2.jsonl`, [
      ...rows.slice(90).map((row) => ({ ...row, title: "again" })),
      ...books(10, 500n),
      { ...rows[0], year: "x" },
    ]);
    const options = { on_duplicate: onDuplicate, on_error: "skip", ...more };
    return rest.run({ collectionName: name, files: [[first], [second]], options });
  };

  it.each([
    ["first", 0],
    ["last", 10],
  ])("%s imports one row of each key, and all counts add up", async (onDuplicate, again) => {
    const job = await twice(`unique_${onDuplicate}`, onDuplicate);
    expect(job).toMatchObject({
      ...{ state: "Completed", importedRows: 110, duplicateRows: 10, rejectedRows: 1, totalRows: 121 },
      details: [
        { importedRows: 100 - again, ...(again > 0 && { duplicateRows: again }) },
        { importedRows: 10 + again, rejectedRows: 1 },
      ],
    });
    const { client } = fixture;
    expect(await client.count(`unique_${onDuplicate}`)).toBe(110);
    expect(await client.query(`unique_${onDuplicate}`, 'title == "again"', ["id"])).toHaveLength(again);
  });

  it("keep imports all, as Milvus does; error fails the job with both places", async () => {
    expect(await twice("unique_keep", "keep")).toMatchObject({ importedRows: 120, totalRows: 121 });
    const job = await twice("unique_error", "error");
    expect(job.reason).toMatch(
      /primary key 90 stands in row 90 of \S*unique_error-1\.jsonl too \(.*unique_error-2\.jsonl, row 0/,
    );
    expect(await twice("unique_dry", "first", { dry_run: true })).toMatchObject({
      checkedRows: 110,
      duplicateRows: 10,
    });
  });

  it("is refused where keys are made, and for words that it does not know", async () => {
    const { client, files } = fixture;
    const fields = [{ ...bookFields.id, auto: true }, bookFields.vector];
    await client.createCollection({ name: "made_keys", fields });
    const paths = await files.jsonl("made_keys.jsonl", [{ vector: [1, 2, 3, 4] }]);
    const options = (on_duplicate: string) => ({ options: { on_duplicate } });
    await expect(client.import("made_keys", paths, options("first"))).rejects.toThrow("compares primary keys");
    await expect(client.import("made_keys", paths, options("replace"))).rejects.toThrow("option on_duplicate must be");
  });
});
