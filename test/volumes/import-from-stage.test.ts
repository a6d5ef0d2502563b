import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, eventually, jsonText, useRest, useServer } from "../support/index.ts";
import { callS3, type Grant } from "./s3-client.ts";

const fixture = useServer();
const rest = useRest(fixture);

// biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
async function call(method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(`${fixture.url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  return response.json();
}

/** A stage with files. */
async function stageWith(stageName: string, files: Readonly<Record<string, string>>): Promise<Grant> {
  await call("POST", "/v2/stages/create", { stageName });
  const grant: Grant = (await call("POST", "/v2/stages/apply", { stageName, path: "" })).data;
  for (const [path, body] of Object.entries(files)) await put(grant, path, body);
  return grant;
}

async function put(grant: Grant, path: string, body: string): Promise<void> {
  const { status } = await callS3(grant, { method: "PUT", key: grant.volumePrefix + path, body });
  expect(status).toBe(200);
}

const rows = (first: number) => jsonText(books(10, BigInt(first)));

/** Rows that a request imports into a collection of its own. */
async function importedBy(collectionName: string, request: object): Promise<number> {
  await fixture.client.createCollection(bookCollection(collectionName));
  const job = await rest.run({ collectionName, ...request });
  expect(job.reason).toBeUndefined();
  return fixture.client.count(collectionName);
}

describe("import from a stage", () => {
  it("takes files and folders by any form of their paths, under both words, beside members without a meaning", async () => {
    await stageWith("s1", { "a/1.json": rows(0), "a/b/2.json": rows(10), "a/.hidden.json": "x", "3.json": rows(20) });
    const none = {
      files: null,
      objectUrl: "",
      objectUrls: null,
      accessKey: "",
      clusterId: "in00-x",
      partitionName: "",
    };
    expect(await importedBy("c1", { stageName: "s1", dataPaths: [["a/1.json"]], ...none })).toBe(10);
    expect(await importedBy("c2", { volumeName: "s1", dataPaths: [["a/"]], stageName: "", ...none })).toBe(20);
    expect(await importedBy("c3", { stageName: "s1", volumeName: "s1", dataPaths: [["/a//1.json"], ["3.json"]] })).toBe(
      20,
    );
    expect(await importedBy("c4", { volumeName: "s1", dataPaths: [["a"], "3.json"] })).toBe(30);
    expect(await importedBy("c5", { volumeName: "s1", dataPaths: [["/"]] })).toBe(30);
    expect(await importedBy("c6", { files: [["volume://s1/a/b/2.json"]] })).toBe(10);
  });

  it("refuses at once what is not there, and says what is", async () => {
    const create = (body: object) => rest.post("create", { collectionName: "c1", ...body });
    expect(await create({ stageName: "none", dataPaths: [["a"]] })).toMatchObject({ code: 63240 });
    expect(await create({ stageName: "s1", dataPaths: [["a/../../x"]] })).toMatchObject({ code: 63247 });
    expect(await create({ stageName: "s1", dataPaths: [[]] })).toMatchObject({ code: 63247 });
    expect(await create({ stageName: "s1", volumeName: "s2", dataPaths: [["a"]] })).toMatchObject({ code: 63242 });
    const noFiles = (text: string) => ({ code: 63270, message: expect.stringContaining(text) });
    const missing = await create({ stageName: "s1", dataPaths: [["a/2.json"]] });
    expect(missing).toMatchObject(noFiles("does not exist in the volume"));
    expect(await create({ stageName: "s1", dataPaths: [["b/"]] })).toMatchObject(noFiles("nothing lies there"));
    expect(await create({ files: [["volume://s1/b/"]] })).toMatchObject(noFiles("nothing lies there"));
    expect(await create({ files: [["b/"]] })).toMatchObject({ code: 2100 });
    expect((await create({ stageName: "s1", dataPaths: [["a"]], files: [["x.json"]] })).message).toContain(
      "name one kind",
    );
  });

  it("reads the content that was there when it was requested, or fails, whatever the path leads to by then", async () => {
    const grant = await stageWith("s2", { "x.json": rows(0) });
    await fixture.client.createCollection(bookCollection("held"));
    const create = { collectionName: "held", stageName: "s2", dataPaths: [["x.json"]] };
    const { data } = await rest.post("create", { ...create, options: { auto_commit: "false" } });
    await put(grant, "x.json", jsonText(books(3, 500n)));
    await eventually(async () => expect((await rest.post("describe", data)).data.state).toBe("Uncommitted"));
    await rest.post("commit", data);
    await eventually(async () => expect((await rest.post("describe", data)).data.state).toBe("Completed"));
    expect(await fixture.client.count("held")).toBe(10);
    expect(await importedBy("held_2", { stageName: "s2", dataPaths: [["x.json"]] })).toBe(3);
  });

  it("holds its stage: it is dropped by force alone, and its name is free at once", async () => {
    await stageWith("s3", { "x.json": rows(0) });
    await fixture.client.createCollection(bookCollection("holding"));
    const create = { collectionName: "holding", stageName: "s3", dataPaths: [["x.json"]] };
    const { data } = await rest.post("create", { ...create, options: { auto_commit: "false" } });
    const refused = await call("DELETE", "/v2/stages/s3");
    expect([refused.code, refused.message]).toEqual([63246, expect.stringContaining(data.jobId)]);
    expect(await call("DELETE", "/v2/stages/s3?force=true")).toMatchObject({ code: 0 });
    await stageWith("s3", {});
    expect((await call("GET", "/v2/stages/s3")).data.fileCount).toBe(0);
    expect((await rest.post("create", create)).message).toContain("does not exist in the volume");
    await rest.post("abort", data);
  });
});
