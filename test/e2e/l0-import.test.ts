import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { decodeInsertLog, encodeDeltaLog } from "@sluice/binlog";
import { checkStatus, milvus } from "@sluice/rpc";
import { eventually, milvusCases, readMilvusCase, useRest, useServer } from "../support/index.ts";

const fixture = useServer({ compactionInterval: "0s" });
const rest = useRest(fixture);
const CASE = "insert-flush-delete";
const backup = { partition: "_default", options: { backup: "true" } };
const deletes = (more: Record<string, string> = {}, partition = "") => ({
  ...{ partition, options: { l0_import: "true", ...more } },
});

/** Of the real segment: its folders, and the key and time of each row. */
let inserts: string;
let realDeletes: string;
let rows: { key: bigint; ts: bigint }[];

beforeAll(async () => {
  const folder = join(fixture.importRoot, "milvus");
  await cp(join(milvusCases, CASE), folder, { recursive: true });
  const [id] = await readdir(join(folder, "insert_log"));
  const [partition] = await readdir(join(folder, "insert_log", id));
  inserts = `${join(folder, "insert_log", id, partition)}/`;
  realDeletes = `${join(folder, "delta_log", id, partition)}/`;
  const [segment] = await readdir(inserts);
  const [keys, stamps] = await Promise.all(["100", "1"].map((field) => longs(segment, field)));
  rows = keys.map((key, i) => ({ key, ts: stamps[i] }));
});

async function longs(segment: string, field: string): Promise<bigint[]> {
  const folder = join(inserts, segment, field);
  const values: bigint[] = [];
  for (const log of (await readdir(folder)).sort()) {
    const { column, rowCount } = decodeInsertLog(await readFile(join(folder, log)));
    values.push(...new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount));
  }
  return values;
}

/** A folder of one L0 segment with these deletes. */
async function l0Folder(name: string, entries: readonly (readonly [key: bigint, ts: bigint])[]): Promise<string> {
  const folder = join(fixture.importRoot, "l0", name, "delta_log/1/-1");
  await mkdir(join(folder, "77"), { recursive: true });
  const [primaryKeys, timestamps] = [entries.map(([key]) => key), entries.map(([, ts]) => ts)];
  const place = { collectionId: 1n, partitionId: -1n, segmentId: 77n, nowMs: 0 };
  await writeFile(join(folder, "77/78"), Buffer.concat(encodeDeltaLog({ ...place, primaryKeys, timestamps })));
  return `${folder}/`;
}

/** A collection with the rows of the real segment, that nobody reads. */
async function restored(name: string): Promise<void> {
  const { client } = fixture;
  await client.createFixtureCollection(name, (await readMilvusCase(CASE)).describe as never);
  await client.importAndWait(name, [inserts, ""], backup);
  await released(name);
}

async function released(collectionName: string): Promise<void> {
  const request = milvus.ReleaseCollectionRequest.fromPartial({ collectionName });
  checkStatus(await fixture.client.raw.releaseCollection(request));
}

async function loaded(collectionName: string): Promise<void> {
  const request = milvus.LoadCollectionRequest.fromPartial({ collectionName });
  checkStatus(await fixture.client.raw.loadCollection(request));
}

/** Which of some keys are found, once it is loaded. */
async function found(collectionName: string, keys: readonly bigint[]): Promise<bigint[]> {
  await loaded(collectionName);
  const answer = await fixture.client.query(collectionName, `id in [${keys.join(", ")}]`, ["id"]);
  return answer.map(({ id }) => id as bigint);
}

describe("deletes without rows (l0_import)", () => {
  it("of a real Milvus hit the rows that were imported before, once, and are counted", async () => {
    const { client } = fixture;
    await restored("real");
    const outcome = await client.importAndWait("real", [realDeletes], deletes());
    expect([outcome.rowCount, outcome.segmentIds]).toEqual([3, []]);
    const job = (await rest.post("list", { collectionName: "real" })).data.records.at(-1);
    const { data } = await rest.post("describe", { jobId: job.jobId });
    expect(data).toMatchObject({ deletes: true, importedRows: 3 });
    const again = await client.importAndWait("real", [realDeletes], deletes());
    expect(again.rowCount).toBe(0);
    const { deletedPrimaryKeys } = await readMilvusCase(CASE);
    expect(await found("real", deletedPrimaryKeys.map(BigInt))).toEqual([]);
    expect(await client.count("real")).toBe(57);
  });

  it("hit rows that are older, and no row that came into the collection since", async () => {
    const { client, files } = fixture;
    await restored("times");
    const [same, later, earlier, again] = rows;
    const folder = await l0Folder("times", [
      [same.key, same.ts],
      [later.key, later.ts + 1n],
      [earlier.key, earlier.ts - 1n],
      [again.key, again.ts + 1n],
      [7_777_777n, again.ts + 1n],
    ]);
    const taken = (await readMilvusCase(CASE)).rows.find(({ id }) => BigInt(String(id)) === again.key);
    const since = await files.jsonl("times.jsonl", [{ ...taken, id: again.key, ai: [] }]);
    await client.importAndWait("times", since, { options: { coerce: "true" } });
    const { rowCount } = await client.importAndWait("times", [folder], deletes({}, "_default"));
    expect(rowCount).toBe(2);
    const keys = [same, later, earlier, again].map(({ key }) => key);
    expect((await found("times", keys)).sort()).toEqual([same.key, earlier.key, again.key].sort());
    expect(await client.count("times")).toBe(59);
  });

  it("are seen when the job is committed, and as far as the bounds of time let them", async () => {
    const { client } = fixture;
    await restored("bounds");
    const [first, second] = rows;
    const folder = await l0Folder("bounds", [
      [first.key, first.ts + 10n],
      [second.key, second.ts + 500n],
    ]);
    const end = { end_ts: String(second.ts + 499n), auto_commit: "false" };
    const job = await client.import("bounds", [folder], deletes(end));
    const held = { jobId: String(job) };
    await eventually(async () => expect((await rest.post("describe", held)).data.state).toBe("Uncommitted"));
    await loaded("bounds");
    expect(await client.count("bounds")).toBe(60);
    expect((await rest.post("commit", held)).code).toBe(0);
    expect((await client.waitFor(job)).rowCount).toBe(1);
    expect(await found("bounds", [first.key, second.key])).toEqual([second.key]);
  });

  it("leave a later delete and its segments as they are: nothing is counted twice", async () => {
    const { client } = fixture;
    await restored("both");
    const [first, second] = rows;
    await loaded("both");
    await client.delete("both", `id == ${first.key}`);
    await released("both");
    const folder = await l0Folder("both", [
      [first.key, first.ts + 1n],
      [second.key, second.ts + 1n],
    ]);
    expect((await client.importAndWait("both", [folder], deletes())).rowCount).toBe(1);
    expect(await found("both", [first.key, second.key])).toEqual([]);
    expect(await client.count("both")).toBe(58);
  });

  it.each([0, 15, 60])(
    "are all there, once, when the server dies some %i ms after they were asked for",
    async (pauseMs) => {
      const name = `killed_${pauseMs}`;
      await restored(name);
      const job = await fixture.client.import(name, [realDeletes], deletes());
      await sleep(pauseMs);
      await fixture.restart("kill9");
      expect(await fixture.client.waitFor(job)).toMatchObject({ isCompleted: true, rowCount: 3 });
      const { deletedPrimaryKeys } = await readMilvusCase(CASE);
      expect(await found(name, deletedPrimaryKeys.map(BigInt))).toEqual([]);
      expect(await fixture.client.count(name)).toBe(57);
    },
  );

  it("are refused in a loaded collection, with two folders, without logs, beside backup=true", async () => {
    const { client } = fixture;
    await restored("refused");
    const refused = (paths: string[], call = deletes()) => expect(client.import("refused", paths, call)).rejects;
    await refused([realDeletes, realDeletes]).toThrow("there should be one prefix for l0 import, but got [");
    await refused(["nowhere/"]).toThrow("no delta logs for l0 segments, prefix=nowhere/");
    await refused([realDeletes], deletes({ backup: "true" })).toThrow("l0_import=true and backup=true");
    await refused([realDeletes], deletes({ on_error: "skip" })).toThrow("says nothing of l0_import=true");
    await loaded("refused");
    await refused([realDeletes]).toThrow("for l0 import, collection cannot be loaded, please release it first");
  });
});
