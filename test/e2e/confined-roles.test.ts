import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { bookCollection, books, TestClient, useServer } from "../support/index.ts";

// Whoever may import into a collection reads only what the roles are confined to, by whatever way a path comes in.

const auditLog = join(tmpdir(), `sluice-confined-${process.pid}.jsonl`);
const fixture = useServer({ authorizationEnabled: true, auditLog, auditReads: true });
afterAll(() => rm(auditLog, { force: true }));
type Answer = { readonly code: number; readonly message?: string; readonly data: Record<string, unknown> };

async function post(path: string, body: object, token = "ann:secret"): Promise<Answer> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(`${fixture.url}/v2/vectordb/${path}`, {
    ...{ method: "POST", headers, body: JSON.stringify(body) },
  });
  return (await response.json()) as Answer;
}
const asRoot = (path: string, body: object) => post(path, body, "root:Milvus");
const create = (files: string[][], options: object = {}, token?: string) =>
  post("jobs/import/create", { collectionName: "books", files, options }, token);

async function ended({ data: { jobId } }: Answer, token?: string): Promise<Answer["data"]> {
  for (;;) {
    const { data } = await post("jobs/import/describe", { jobId }, token);
    if (data.state === "Completed" || data.state === "Failed") return data;
  }
}

/** Of what a caller has no right to, over REST. */
const outside = {
  code: 65535,
  message: expect.stringContaining("outside of what the caller's roles may import from: nightly/"),
};

/** Of a job with files elsewhere, as of one that there is not. */
const none = { code: 2101, message: expect.stringContaining("import job does not exist") };

const importOf = (path: string) => milvus.ImportRequest.fromPartial({ collectionName: "books", files: [path] });

beforeAll(async () => {
  using root = new TestClient(fixture.server.address, "root:Milvus");
  await root.createCollection(bookCollection("books"));
  const lines = (first: bigint) =>
    books(5, first)
      .map((row) => `${JSON.stringify(row, (_, value) => (typeof value === "bigint" ? Number(value) : value))}\n`)
      .join("");
  for (const [folder, first] of [
    ["nightly", 1n],
    ["payroll", 100n],
  ] as const) {
    await mkdir(join(fixture.importRoot, folder), { recursive: true });
    await writeFile(join(fixture.importRoot, folder, "rows.jsonl"), lines(first));
  }
  await writeFile(join(fixture.importRoot, "payroll/preset.json"), '{"fields": {}}');
  await asRoot("users/create", { userName: "ann", password: "secret" });
  await asRoot("roles/create", { roleName: "importer" });
  await asRoot("users/grant_role", { userName: "ann", roleName: "importer" });
  for (const privilege of ["Import", "CollectionReadOnly"])
    await asRoot("roles/grant_privilege_v2", {
      roleName: "importer",
      privilege,
      dbName: "default",
      collectionName: "books",
    });
  const set = { roleName: "importer", sources: ["nightly/"] };
  expect(await asRoot("roles/set_sources", set)).toEqual({ code: 0, data: {} });
});

describe("a role that is confined", () => {
  it("imports what lies in its folders, by name, folder and pattern", async () => {
    for (const path of [
      "nightly/rows.jsonl",
      "nightly/",
      "nightly/*.jsonl",
      join(fixture.importRoot, "nightly/rows.jsonl"),
    ])
      expect(await ended(await create([[path]]))).toMatchObject({ state: "Completed", importedRows: 5 });
  });

  it.each([
    ["a file", [["payroll/rows.jsonl"]], {}],
    ["one that there is not", [["payroll/none.jsonl"]], {}],
    ["a folder", [["payroll/"]], {}],
    ["a pattern above its folders", [["*/rows.jsonl"]], {}],
    ["one file of several", [["nightly/rows.jsonl"], ["payroll/rows.jsonl"]], {}],
    ["a way back", [["nightly/../payroll/rows.jsonl"]], {}],
    ["an option that names the folders", [["payroll/rows.jsonl"]], { bucket: "import-root" }],
    ["a folder for all paths", [["rows.jsonl"]], { data_source: { type: "local", address: "payroll" } }],
    ["rules in a file", [["nightly/rows.jsonl"]], { preset: "payroll/preset.json" }],
  ])("is refused %s elsewhere, and told nothing of it", async (_, files, options) => {
    expect(await create(files, options)).toMatchObject(outside);
  });

  it("is refused by gRPC, by a look into files, by a dry run and by a retry", async () => {
    using ann = new TestClient(fixture.server.address, "ann:secret");
    await expect(ann.import("books", ["payroll/rows.jsonl"])).rejects.toThrow("outside of what the caller's roles");
    expect(await post("jobs/import/inspect", { files: [["payroll/rows.jsonl"]] })).toMatchObject(outside);
    expect((await post("jobs/import/inspect", { files: [["nightly/rows.jsonl"]] })).code).toBe(0);
    const validate = { collectionName: "books", files: [["payroll/rows.jsonl"]] };
    expect(await post("jobs/import/validate", validate)).toMatchObject(outside);
    await writeFile(join(fixture.importRoot, "payroll/bad.jsonl"), '{"id": 1}\n');
    const failed = await create([["payroll/bad.jsonl"]], {}, "root:Milvus");
    expect(await ended(failed, "root:Milvus")).toMatchObject({ state: "Failed" });
    expect(await post("jobs/import/retry", { jobId: failed.data.jobId })).toMatchObject(none);
  });

  it("is denied that, which the audit log says, by both doors", async () => {
    await create([["payroll/rows.jsonl"]]);
    await post("jobs/import/inspect", { files: [["payroll/rows.jsonl"]] });
    using ann = new TestClient(fixture.server.address, "ann:secret");
    await expect(ann.raw.import(importOf("payroll/rows.jsonl"))).rejects.toMatchObject({ code: 1400 });
    const lines = (await readFile(auditLog, "utf8")).trim().split("\n");
    const denied = lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome === "denied");
    for (const call of ["/v2/vectordb/jobs/import/create", "/v2/vectordb/jobs/import/inspect", "import"])
      expect(denied).toContainEqual(expect.objectContaining({ user: "ann", call }));
    expect(lines.filter((line) => line.includes('"failed"') && line.includes('"ann"'))).toEqual([]);
  });

  it("sees of jobs with files elsewhere nothing: no reason, no line, no row that was left out", async () => {
    await writeFile(join(fixture.importRoot, "payroll/half.jsonl"), '{"id": 1, "secret": 2}\n');
    const { data } = await create([["payroll/half.jsonl"]], { on_error: "skip" }, "root:Milvus");
    const { jobId } = data;
    await ended({ code: 0, data }, "root:Milvus");
    const mine = await create([["nightly/rows.jsonl"]]);
    await ended(mine);
    const calls = {
      ...{ describe: {}, get_progress: {}, errors: {}, rejects: {}, retry: {}, cancel: {}, rollback: {} },
      source_line: { file: "payroll/half.jsonl", byteOffset: 0 },
    };
    for (const [call, more] of Object.entries(calls))
      expect([call, await post(`jobs/import/${call}`, { jobId, ...more })]).toMatchObject([call, none]);
    const idsOf = async (token?: string) =>
      ((await post("jobs/import/list", {}, token)).data.records as { jobId: string }[]).map((record) => record.jobId);
    expect(await idsOf()).toContain(mine.data.jobId);
    expect(await idsOf()).not.toContain(jobId);
    expect(await idsOf("root:Milvus")).toContain(jobId);
    using ann = new TestClient(fixture.server.address, "ann:secret");
    await expect(ann.waitFor(BigInt(String(jobId)))).rejects.toThrow("import job does not exist");
    const tasks = await ann.raw.listImportTasks({ collectionName: "books", dbName: "", limit: 0n });
    expect(tasks.tasks.map(({ id }) => String(id))).not.toContain(jobId);
  });

  it("is told why it may not order a job that another role lists", async () => {
    const { data } = await create([["payroll/rows.jsonl"]], {}, "root:Milvus");
    await ended({ code: 0, data }, "root:Milvus");
    await asRoot("roles/create", { roleName: "watcher" });
    const grant = { roleName: "watcher", privilege: "ListImport", dbName: "default", collectionName: "books" };
    await asRoot("roles/grant_privilege_v2", grant);
    await asRoot("users/grant_role", { userName: "ann", roleName: "watcher" });
    expect(await post("jobs/import/rollback", { jobId: data.jobId })).toMatchObject(outside);
    using root = new TestClient(fixture.server.address, "root:Milvus");
    checkStatus(await root.raw.dropRole({ base: undefined, roleName: "watcher", forceDrop: true }));
    expect(await post("jobs/import/rollback", { jobId: data.jobId })).toMatchObject(none);
  });

  it("imports from folders of a volume alone where it is confined to them", async () => {
    const headers = { authorization: "Bearer root:Milvus", "content-type": "application/json" };
    const volume = { method: "POST", headers, body: '{"volumeName": "drop"}' };
    expect(await (await fetch(`${fixture.url}/v2/volumes/create`, volume)).json()).toMatchObject({ code: 0 });
    const body = await readFile(join(fixture.importRoot, "nightly/rows.jsonl"));
    for (const folder of ["in", "inner"]) {
      const file = { method: "PUT", headers: { authorization: "Bearer root:Milvus" }, body };
      const put = await fetch(`${fixture.url}/v2/volumes/drop/files/${folder}/rows.jsonl`, file);
      expect(await put.json()).toMatchObject({ code: 0 });
    }
    const confine = (sources: string[]) => asRoot("roles/set_sources", { roleName: "importer", sources });
    expect(await create([["volume://drop/in/rows.jsonl"]])).toMatchObject(outside);
    await confine(["volume://none/", "volume://drop/in"]);
    for (const path of ["volume://drop/in/rows.jsonl", "volume://drop/in/"])
      expect(await ended(await create([[path]]))).toMatchObject({ state: "Completed", importedRows: 5 });
    const elsewhere = { message: expect.stringContaining("outside of what the caller's roles may import from") };
    for (const path of ["volume://drop/inner/rows.jsonl", "volume://drop/", "nightly/rows.jsonl"])
      expect(await create([[path]])).toMatchObject(elsewhere);
    expect(await create([["volume://drop/in/../inner/rows.jsonl"]])).toMatchObject(elsewhere);
    // Whether there is such a volume, and where an external one lies, is not told either.
    for (const name of ["drop", "nobody"])
      expect(await post("jobs/import/inspect", { files: [[`volume://${name}/secret.jsonl`]] })).toMatchObject({
        message: `the path lies outside of what the caller's roles may import from: volume://none/, volume://drop/in (volume://${name}/secret.jsonl)`,
      });
    await confine(["nightly/"]);
  });

  it("is confined as before after a backup and a restore of all users and roles", async () => {
    using root = new TestClient(fixture.server.address, "root:Milvus");
    await asRoot("roles/create", { roleName: "nowhere" });
    await asRoot("roles/set_sources", { roleName: "nowhere", sources: [] });
    await asRoot("roles/set_sources", { roleName: "importer", sources: ["nightly/", "s3://books/in/"] });
    const granted = async () => (await asRoot("roles/describe", { roleName: "importer" })) as unknown as object;
    const [before, backup] = [await granted(), await root.raw.backupRbac({ base: undefined })];
    const restore = () => root.raw.restoreRbac({ base: undefined, RBACMeta: backup.RBACMeta });
    expect(await restore()).toMatchObject({ code: 1100, reason: expect.stringContaining("already exists") });
    await asRoot("users/drop", { userName: "ann" });
    for (const role of ["importer", "nowhere"])
      await root.raw.dropRole({ base: undefined, roleName: role, forceDrop: true });
    expect(await restore()).toMatchObject({ code: 0 });
    expect(await granted()).toEqual(before);
    expect(before).toMatchObject({ sources: ["nightly/", "s3://books/in/"] });
    expect(await asRoot("roles/describe", { roleName: "nowhere" })).toMatchObject({ code: 0, data: [], sources: [] });
    expect(await create([["payroll/rows.jsonl"]])).toMatchObject({ message: expect.stringContaining("lies outside") });
    await asRoot("roles/set_sources", { roleName: "importer", sources: ["nightly/"] });
  });

  it("says so to who may see what it grants, and is free again without sources", async () => {
    expect(await post("roles/describe", { roleName: "importer" })).toMatchObject({ code: 0, sources: ["nightly/"] });
    expect((await post("roles/set_sources", { roleName: "importer" })).code).not.toBe(0);
    expect((await asRoot("roles/set_sources", { roleName: "importer", sources: ["a/*"] })).code).toBe(1100);
    await asRoot("roles/set_sources", { roleName: "importer" });
    expect(await post("roles/describe", { roleName: "importer" })).not.toHaveProperty("sources");
    expect(await ended(await create([["payroll/rows.jsonl"]]))).toMatchObject({ state: "Completed" });
  });
});
