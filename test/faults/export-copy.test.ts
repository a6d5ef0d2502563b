import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, books, eventually, type TestClient, useRest, useServer } from "../support/index.ts";
import { storedIsVisible, visibleIn } from "./stored-segments.ts";

// The server is killed in each step of an export, of a copy, and of copies from and to another service, and started again on the same
// data. Whatever was done by then: what they make is whole in the end, or not there, and nothing is left behind.

const out = mkdtempSync(join(tmpdir(), "sluice-killed-export-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const settings = { flushSize: "64KB", exportFileSize: "64KB", gcGrace: "100ms", compactionInterval: "0s" };
const fixture = useServer({ exportRoot: `out=${out}`, dataSourceEndpoint: "127.0.0.1", ...settings });
const other = useServer(settings);
const ROWS = 2000;
const rows = books(ROWS);
beforeAll(async () => {
  for (const { client, files } of [fixture, other]) {
    await client.createCollection(bookCollection("books", { shards: 2 }));
    await client.importAndWait("books", await files.jsonl("books.jsonl", rows));
  }
});

/** What ends a step in the log, in the order of the steps. */
const steps = [
  ["submitted", /(export|copy) job submitted/],
  ["begun", /attempt begins/],
  ["written", /task persisted/],
  ["completed", /(export|copy) job completed/],
] as const;

interface Job {
  readonly jobId: string;
  readonly state: string;
}

/** Asks for a job, kills the server as soon as it logs `line`, and resolves to how the job ends. */
async function killedAt<T extends Job>(kind: string, line: RegExp, body: object): Promise<T> {
  const { post, ended } = useRest(fixture, kind);
  const logged = fixture.server.stderr.length;
  const asked: Promise<{ data: Job } | undefined> = post("create", body, {
    "Idempotency-Key": JSON.stringify(body),
  }).catch(() => undefined);
  while (!line.test(fixture.server.stderr.slice(logged))) await sleep(1);
  await fixture.restart("kill9");
  await asked;
  // The same request again: the job that there is, whether its first answer came or not.
  const { data } = await post("create", body, { "Idempotency-Key": JSON.stringify(body) });
  return (await ended(data.jobId)) as T;
}

const collectionsOf = async ({ raw }: TestClient) =>
  [...(await raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames].sort();

/** A collection that a copy has made, which is whole as soon as somebody finds it. */
async function expectSame(client: TestClient, name: string): Promise<void> {
  const found = await client.query(name, "id >= 0", ["id", "title", "year", "vector"], { limit: ROWS + 1 });
  expect(found).toEqual(rows);
}

describe.each(steps)("killed when it was %s", (step, line) => {
  it("an export is whole", async () => {
    const job = await killedAt<Job & Exported>("export", line, { collectionName: "books", to: `out://${step}` });
    await expectWhole(job);
  });

  it.each<[where: string, more: () => object, target: () => TestClient]>([
    ["within", () => ({}), () => fixture.client],
    ["appended", () => ({ ifExists: "append" }), () => fixture.client],
    ["replaced", () => ({ ifExists: "replace", alias: `newest_${step}` }), () => fixture.client],
    ["from", () => ({ from: { address: other.server.address } }), () => fixture.client],
    ["to", () => ({ to: { address: other.server.address } }), () => other.client],
  ])("a copy %s a service has each row once", async (where, more, target) => {
    const name = `${where}_${step}`;
    if ("ifExists" in more()) await fixture.client.createCollection(bookCollection(name));
    if (where === "replaced") {
      const old = await fixture.files.jsonl(`${name}.jsonl`, books(10, 50_000n));
      await fixture.client.importAndWait(name, old);
    }
    const job = await killedAt("copy", line, { collectionName: "books", targetCollectionName: name, ...more() });
    expect(job).toMatchObject({ state: "Completed", copiedRows: ROWS });
    await expectSame(target(), name);
    if (where === "replaced") await expectSame(target(), `newest_${step}`);
  });
});

it.each(["append", "replace"])(
  "a copy by %s that is cancelled after a kill leaves what was there",
  async (ifExists) => {
    const { post, ended } = useRest(fixture, "copy");
    const name = `kept_${ifExists}`;
    await fixture.client.createCollection(bookCollection(name));
    const { data } = await post("create", { collectionName: "books", targetCollectionName: name, ifExists });
    await fixture.restart("kill9");
    await post("cancel", data);
    const { state } = await ended(data.jobId);
    expect(await fixture.client.count(name)).toBe(state === "Completed" ? ROWS : 0);
    expect(await collectionsOf(fixture.client)).not.toContain(`copying_${data.jobId}`);
    await fixture.client.dropCollection(name);
  },
);

it("a copy that is cancelled after a kill is gone", async () => {
  const { post, ended } = useRest(fixture, "copy");
  const { data } = await post("create", { collectionName: "books", targetCollectionName: "gone" });
  await fixture.restart("kill9");
  await post("cancel", data);
  if ((await ended(data.jobId)).state === "Completed") await fixture.client.dropCollection("gone");
  expect(await collectionsOf(fixture.client)).not.toContain("gone");
});

it("a copy to another service that is cancelled before a kill is removed there after it", async () => {
  const { post, ended } = useRest(fixture, "copy");
  const to = { address: other.server.address };
  const { data } = await post("create", { collectionName: "books", targetCollectionName: "gone", to });
  const interim = `copying_${data.jobId}`;
  await eventually(async () => expect(await collectionsOf(other.client)).toContain(interim));
  await post("pause", data);
  await post("cancel", data);
  await fixture.restart("kill9");
  expect((await ended(data.jobId)).state).toBe("Failed");
  await eventually(async () => expect(await collectionsOf(other.client)).not.toContain(interim));
  await eventually(async () => expect((await post("describe", data)).data).not.toHaveProperty("interimName"));
});

it("nothing is stored in the end that cannot be seen", async () => {
  const made = (where: string) => steps.map(([step]) => `${where}_${step}`);
  const names = ["books", ...["from", "within", "appended", "replaced"].flatMap(made)].sort();
  expect(await collectionsOf(fixture.client)).toEqual(names);
  expect(await collectionsOf(other.client)).toEqual(["books", ...made("to")].sort());
  await storedIsVisible(fixture.dataDir, () => visibleIn(fixture.client, names), 30_000);
});

interface Exported {
  readonly to: string;
  readonly exportedRows: number;
}

async function expectWhole(job: Job & Exported): Promise<void> {
  expect(job).toMatchObject({ state: "Completed", exportedRows: ROWS });
  const folder = join(out, job.to.slice("out://".length));
  const manifest = JSON.parse(await readFile(join(folder, "_manifest.json"), "utf8"));
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  expect(found.filter((entry) => entry.isFile())).toHaveLength(manifest.files.length + 1);
  for (const { path, sha256 } of manifest.files) {
    const hash = createHash("sha256").update(await readFile(join(folder, path)));
    expect(hash.digest("hex")).toBe(sha256);
  }
}
