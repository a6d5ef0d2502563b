import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { forEachConcurrent } from "@sluice/async";
import { planFields } from "@sluice/formats";
import { fixtureSchema } from "@sluice/formats/testing";
import { Sources } from "@sluice/object-store";
import { S3Source } from "../../libs/object-store/src/s3/s3-source.ts";
import { withFolderValues } from "../../services/rootcoord/src/jobs/folder-values.ts";
import { findFiles } from "../../services/rootcoord/src/jobs/request-files.ts";
import { describeWithS3, type S3Fixture, startS3 } from "./s3-support.ts";

const tables = join(import.meta.dirname, "../fixtures/tables");

describeWithS3("folders and patterns in S3", () => {
  let s3: S3Fixture;
  let sources: Sources;
  let url: string;

  beforeAll(async () => {
    s3 = await startS3();
    await using bucket = await s3.open({ prefix: "" });
    const entries = await readdir(tables, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    await forEachConcurrent(files, 16, async (file) => {
      await bucket.put(`tables/${relative(tables, file)}`, [await readFile(file)]);
    });
    // More than a page of a listing has.
    const parts = Array.from({ length: 1050 }, (_, i) => `many/day=${i % 7}/part-${i}.jsonl`);
    await forEachConcurrent([...parts, "many/_SUCCESS"], 64, (key) => bucket.put(key, [Buffer.from(key)]));
    sources = new Sources([{ name: "one", isDefault: true, source: await S3Source.open(s3.options) }]);
    url = `s3://${s3.options.bucket}`;
  });
  afterAll(async () => {
    for (const opened of [sources, s3]) await opened?.[Symbol.asyncDispose]();
  });

  const find = (...files: string[]) =>
    findFiles(sources, { files, fileGroups: [] }, { bucket: undefined, format: undefined } as never);

  it("are all their files, however many pages these fill, with what their folders say", async () => {
    const found = await find(`${url}/many/`);
    expect(found.groups).toHaveLength(1050);
    expect(found.groups[0].files[0]).toMatchObject({ path: `${url}/many/day=0/part-0.jsonl`, version: /^[0-9a-f]+/ });
    expect((await find("many/**/part-10?.jsonl")).groups).toHaveLength(10);
    expect((await find("many/day=[12]/*.jsonl", `${url}/many/day=3/part-3.jsonl`)).groups).toHaveLength(301);
    const schema = fixtureSchema({ fields: [{ name: "day", type: 5 }] });
    const { groups } = withFolderValues(found, planFields(schema), {});
    expect(groups[1].folders?.fields).toBe('{"day":0}');
  });

  it("that hold tables are these", async () => {
    for (const [name, count] of [
      ["hf", 2],
      ["delta", 6],
      ["delta-checkpoint", 6],
      ["iceberg", 2],
    ] as const)
      expect((await find(`${url}/tables/${name}/`)).groups).toHaveLength(count);
  });

  it("are refused where nothing is meant, saying what is there", async () => {
    await expect(find(`${url}/tables/hf/*.parquet`)).rejects.toThrow("there are s3://");
    await expect(find(`${url}/none/`)).rejects.toThrow("nothing lies there");
    await expect(find("s3://somebody/many/")).rejects.toMatchObject({ code: "path_refused" });
  });
});
