import { createHash, randomInt } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "@jest/globals";
import { bookCollection, books, eventually, scaled, storedKeys, useServer } from "../support/index.ts";
import { SeededRandom } from "./seeded-random.ts";

// kill -9 while a collection is exported and copied, at any step of both: what they make is whole in the end, or not there.

const out = mkdtempSync(join(tmpdir(), "sluice-killed-export-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const settings = { flushSize: "64KB", exportFileSize: "64KB", gcGrace: "100ms", compactionInterval: "0s" };
const fixture = useServer({ exportRoot: `out=${out}`, ...settings });
const ROWS = 4000;
const kills = scaled(3);
const seed = Number(process.env.SLUICE_FAULT_SEED ?? randomInt(2 ** 31));

// biome-ignore lint/suspicious/noExplicitAny: the shape is what the test checks
async function post(path: string, body: object): Promise<any> {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${fixture.url}/v2/vectordb/jobs/${path}`, request);
  const answer = (await response.json()) as { code: number; message?: string; data: unknown };
  if (answer.code !== 0) throw new Error(answer.message);
  return answer.data;
}

async function ended(kind: string, jobId: string) {
  for (;;) {
    const job = await post(`${kind}/describe`, { jobId });
    if (["Completed", "Failed"].includes(job.state)) return job;
    await sleep(20);
  }
}

it(`${kills} kills, seed ${seed}: no half target, no half export, and nothing left behind`, async () => {
  const random = new SeededRandom(seed);
  const { client, files } = fixture;
  await client.createCollection(bookCollection("books", { shards: 2 }));
  await client.importAndWait("books", await files.jsonl("books.jsonl", books(ROWS)));
  for (let i = 0; i < kills; i++) {
    const exported = await post("export/create", { collectionName: "books", to: "out://kept" });
    const copied = await post("copy/create", { collectionName: "books", targetCollectionName: `copy_${i}` });
    const cancelled = await post("copy/create", { collectionName: "books", targetCollectionName: `gone_${i}` });
    await sleep(random.int(0, 120));
    await fixture.restart("kill9");
    // Before it is whole, nobody finds it.
    const count = () => fixture.client.count(`copy_${i}`).catch(() => ROWS);
    expect(await count()).toBe(ROWS);
    await post("copy/cancel", cancelled).catch(() => undefined);
    expect(await ended("copy", copied.jobId)).toMatchObject({ state: "Completed", copiedRows: ROWS });
    expect(await count()).toBe(ROWS);
    await expectWhole(await ended("export", exported.jobId));
    if ((await ended("copy", cancelled.jobId)).state === "Completed") await fixture.client.dropCollection(`gone_${i}`);
  }
  // What is stored is what can be seen.
  const names = ["books", ...Array.from({ length: kills }, (_, i) => `copy_${i}`)];
  await eventually(async () => {
    const visible = (await Promise.all(names.map((name) => fixture.client.segments(name)))).flat();
    const stored = new Set((await storedKeys(fixture.dataDir)).map((key) => key.split("/")[3]));
    expect([...stored].sort()).toEqual(visible.map(({ segmentID }) => String(segmentID)).sort());
  }, 30_000);
}, 120_000);

async function expectWhole(job: { state: string; to: string; exportedRows: number }): Promise<void> {
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
