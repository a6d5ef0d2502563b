import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, expect } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import {
  type Book,
  bookCollection,
  bookFields,
  bookOf,
  books,
  type CollectionSpec,
  eventually,
  type FieldSpec,
  givenRows,
  itWith,
  pythonOf,
  readRecords,
  runProgram,
  SourceFiles,
  segmentsIn,
  startServer,
  storedKeys,
  TemporaryFolders,
  TestClient,
  visibleSegments,
} from "../support/index.ts";
import { byKey, everyField, everyValue, fieldPlan, textOf } from "./milvus-2.3.ts";

const environment = "milvus-2.3.5";
const program = resolve(import.meta.dirname, "takeover.py");
const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

const reals = { name: "reals", type: DataType.Array, element: DataType.Double, capacity: 8 };
const everything: CollectionSpec = {
  ...{ name: "everything", shards: 2, dynamic: true },
  fields: everyField.toSpliced(-1, 0, reals),
};

const tenants: CollectionSpec = {
  name: "tenants",
  shards: 3,
  partitions: 16,
  fields: [
    { name: "key", type: DataType.VarChar, key: true, maxLength: 100 },
    { name: "tenant", type: DataType.Int64, partitionKey: true },
    { name: "bits", type: DataType.BinaryVector, dim: 32 },
  ],
};

/** A mebibyte of vectors in one file: they begin at a block of it. */
const wide: CollectionSpec = {
  name: "wide",
  shards: 1,
  fields: [
    { name: "id", type: DataType.Int64, key: true },
    { name: "vector", type: DataType.FloatVector, dim: 32_768 },
  ],
};

type Row = Readonly<Record<string, unknown>>;

const everyRow: Row[] = Array.from({ length: 120 }, (_, i) => ({
  ...everyValue(i),
  reals: Array.from({ length: i % 2 }, () => i + 0.25),
}));

const tenantRows: Row[] = Array.from({ length: 200 }, (_, i) => ({
  key: `k${i}${"漢".repeat(i % 30)}`,
  tenant: BigInt(i % 23) - 5n,
  bits: [i % 256, 255 - (i % 256), 7, i % 11],
}));

const wideRows: Row[] = Array.from({ length: 9 }, (_, i) => ({
  id: BigInt(i),
  vector: Array.from({ length: 32_768 }, (_, j) => (j % 251) / 4 - i),
}));

/** Milvus's answer in the form of the rows that were written. */
type Answer = Record<string, Record<string, unknown>[]>;

itWith(environment)(
  "a real Milvus takes our segments over, merged ones and exported backups too, and reads the same rows",
  async () => {
    const { dataDir, importRoot } = await folders.createPair();
    const bookRows = books(150, 2n ** 53n + 1n);
    const collections = [
      everything,
      tenants,
      wide,
      bookCollection("changed", { shards: 2 }),
      bookCollection("npy_books", { shards: 2 }),
    ];
    const backup = await importAll(dataDir, importRoot, collections, bookRows);
    const answer = await takeOver(dataDir, collections, backup);
    expect(byKey(answer.everything, "id")).toEqual(byKey(everyRow.map(asText), "id"));
    expect(byKey(answer.tenants, "key")).toEqual(byKey(tenantRows.map(asText), "key"));
    expect(byKey(answer.wide, "id")).toEqual(byKey(wideRows.map(asText), "id"));
    expect(byKey(answer.changed, "id")).toEqual(byKey(changedRows.map(asText), "id"));
    expect(byKey(answer.npy_books, "id")).toEqual(byKey(bookRows.slice(5).map(asText), "id"));
  },
  600_000,
);

async function importAll(
  dataDir: string,
  importRoot: string,
  specs: readonly CollectionSpec[],
  bookRows: readonly Book[],
): Promise<string> {
  const settings = {
    exportRoot: `out=${join(importRoot, "exports")}`,
    workers: 2,
    compactionInterval: "0s",
    readerGrace: "100ms",
    gcGrace: "100ms",
    gcInterval: "100ms",
  };
  await using server = await startServer({ dataDir, importRoots: [importRoot], settings });
  using client = new TestClient(server.address);
  const files = new SourceFiles(importRoot);
  for (const spec of specs) await client.createCollection(spec);
  for (const [i, part] of [everyRow.slice(0, 50), everyRow.slice(50)].entries())
    await client.importAndWait("everything", await files.jsonl(`everything-${i}.jsonl`, part));
  for (const [i, part] of [tenantRows.slice(0, 120), tenantRows.slice(120)].entries())
    await client.importAndWait("tenants", await files.jsonl(`tenants-${i}.jsonl`, part));
  await client.importAndWait("wide", await files.jsonl("wide.jsonl", wideRows));
  await change(client, files);
  await client.importAndWait("npy_books", await files.npy("books", bookRows));
  for (const name of ["everything", "tenants"]) await merge(client, name);
  await client.delete("npy_books", `id < ${bookRows[5].id}`);
  // Milvus takes whatever lies in the folder of a partition.
  const visible = (await Promise.all(specs.map(({ name }) => client.segments(name)))).flat();
  await eventually(async () => {
    const stored = segmentsIn(await storedKeys(dataDir));
    expect(stored).toEqual(visible.map(({ segmentID }) => String(segmentID)).sort());
  });
  return await exportBackup(server.address, "npy_books", join(importRoot, "exports"));
}

/** Rows that are imported, inserted, replaced and deleted: `changedRows` are left. */
async function change(client: TestClient, files: SourceFiles): Promise<void> {
  const fields: FieldSpec[] = Object.values(bookFields);
  await client.importAndWait("changed", await files.jsonl("changed.jsonl", books(20)));
  const inserted = books(20, 20n);
  await client.insert("changed", givenRows(fields, inserted as never), inserted.length);
  await client.delete("changed", "id in [3, 4, 25]");
  await client.upsert("changed", givenRows(fields, [replaced] as never), 1);
  await client.delete("changed", "id >= 38");
}

const replaced = { ...bookOf(7n), title: "replaced" };
const changedRows = [...books(38).filter(({ id }) => ![3n, 4n, 7n, 25n].includes(id)), replaced];

/** The folder of a backup that was exported. */
async function exportBackup(address: string, collectionName: string, root: string): Promise<string> {
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test checks
  const post = async (path: string, body: object): Promise<any> => {
    const request = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`http://${address}/v2/vectordb/jobs/export/${path}`, request);
    return ((await response.json()) as { data: unknown }).data;
  };
  const job = await post("create", { collectionName, to: "out://backups", format: "backup" });
  await eventually(async () => expect((await post("describe", job)).state).toBe("Completed"));
  return join(root, (await post("describe", job)).to.slice("out://".length));
}

async function merge(client: TestClient, collectionName: string): Promise<void> {
  const before = await client.segments(collectionName);
  const request = milvus.ManualCompactionRequest.fromPartial({ collectionName });
  const { compactionID } = await client.raw.manualCompaction(request);
  await eventually(async () => {
    const { completedPlanNo } = await client.raw.getCompactionState({ compactionID });
    expect(completedPlanNo).toBeGreaterThan(0n);
  });
  expect((await client.segments(collectionName)).length).toBeLessThan(before.length);
}

async function takeOver(dataDir: string, specs: readonly CollectionSpec[], backup: string): Promise<Answer> {
  const work = await folders.create();
  const plan = join(work, "plan.json");
  const answer = join(work, "answer.json");
  await mkdir(join(work, "milvus"));
  await writeFile(plan, JSON.stringify({ collections: await planOf(dataDir, specs, await backupImports(backup)) }));
  const { exitCode, output } = await runProgram(
    pythonOf(environment),
    [program, plan, answer, join(work, "milvus")],
    570_000,
  );
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.any(String) });
  return JSON.parse(await readFile(answer, "utf8"));
}

/** The imports by which milvus-backup restores: one for each segment of a partition, by the folder of its group. */
async function backupImports(backup: string): Promise<[partition: string, folder: string, deletes: string][]> {
  // Ids of this size are exact in a double.
  const meta = JSON.parse(await readFile(join(backup, "meta/full_meta.json"), "utf8"));
  const [{ collection_id: collection, partition_backups: partitions }] = meta.collection_backups;
  return partitions.flatMap(({ partition_id, partition_name, segment_backups }: Record<string, never>) =>
    (segment_backups as { group_id: number; deltalogs?: object[] }[]).map(({ group_id, deltalogs }) => {
      const folderOf = (kind: string) =>
        `${join(backup, "binlogs", kind, String(collection), String(partition_id), String(group_id))}/`;
      return [partition_name, folderOf("insert_log"), deltalogs ? folderOf("delta_log") : ""];
    }),
  );
}

/** One backup import for each partition that has segments; the last collection's come from a backup. */
async function planOf(dataDir: string, specs: readonly CollectionSpec[], last: readonly [string, string, string][]) {
  const records = await readRecords(dataDir);
  const visible = visibleSegments(records);
  return specs.map((spec, i) => {
    const collection = records.collections.find((record) => record.name === spec.name);
    if (!collection) throw new Error(`no record of ${spec.name}`);
    const filled = collection.partitions.filter(({ partitionId }) =>
      visible.some((segment) => segment.partitionId === partitionId),
    );
    const folderOf = (kind: string, partition: bigint) =>
      `${join(dataDir, "storage", kind, String(collection.collectionId), String(partition))}/`;
    const deletesOf = (partition: bigint) =>
      existsSync(folderOf("delta_log", partition)) ? folderOf("delta_log", partition) : "";
    return {
      name: spec.name,
      fields: spec.fields.map(fieldPlan),
      dynamic: spec.dynamic ?? false,
      shards: spec.shards,
      num_partitions: spec.partitions,
      partitions:
        i === specs.length - 1
          ? last
          : filled.map(({ name, partitionId: id }) => [name, folderOf("insert_log", id), deletesOf(id)]),
    };
  });
}

/** int64 as text, binary vectors as hex, as the program prints them. */
function asText(row: Row | Book): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name === "bits" ? Buffer.from(value).toString("hex") : textOf(value),
    ]),
  );
}
