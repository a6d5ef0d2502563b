import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// The whole import workflow through an unmodified Milvus Node SDK.
//
// usage: node scenario.ts SDK_PACKAGE HOST:PORT FOLDER      FOLDER must lie below an import root of the server
//
// Prints one line per step; ends with exit code 0 only when all steps passed.

const [packageName, address, folder] = process.argv.slice(2);
const sdk = await import(packageName);
const exported = sdk.default ?? sdk;
const { MilvusClient, DataType } = exported;
const name = `compat_node_${packageName.replaceAll(/\W/g, "_")}`;
const dim = 8;
mkdirSync(folder, { recursive: true });

/** SDK answers are plain messages whose shape differs by release. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Answer = any;

const client = new MilvusClient({ address, ssl: false });
const fields = [
  { name: "id", data_type: DataType.Int64, is_primary_key: true, autoID: false },
  { name: "title", data_type: DataType.VarChar, max_length: 100, type_params: { max_length: "100" } },
  { name: "year", data_type: DataType.Int32 },
  { name: "vector", data_type: DataType.FloatVector, dim, type_params: { dim: String(dim) } },
];
const rows = Array.from({ length: 200 }, (_, i) => ({
  id: i % 2 === 0 ? `9007199254740${1000 + i}` : String(i),
  title: `title ${i} 漢`,
  year: 1900 + i,
  vector: Array.from({ length: dim }, (_, j) => Math.fround(Math.sin(i * dim + j))),
  extra: `dyn ${i}`,
}));

/** One line; ids as raw digits, beyond what a double holds. */
const lineOf = (row: (typeof rows)[number]) => JSON.stringify(row).replace(/"id":"(\d+)"/, '"id":$1');

function writeLines(file: string, lines: readonly string[]): string {
  const path = join(folder, file);
  writeFileSync(path, lines.join("\n"));
  return path;
}

function succeed(answer: Answer, what: string): Answer {
  const status = answer.status ?? answer;
  assert.equal(status.error_code, "Success", `${what}: ${status.reason}`);
  return answer;
}

async function stateOf(task: string, collection: string): Promise<Answer> {
  if (typeof client.getImportState === "function") return client.getImportState({ task });
  const listed = await client.listImportTasks({ collection_name: collection });
  return listed.tasks.find((entry: Answer) => entry.id === task);
}

async function finished(task: string, collection = name): Promise<Answer> {
  for (let i = 0; i < 1000; i++) {
    const state = await stateOf(task, collection);
    if (state && ["ImportCompleted", "ImportFailed", "ImportFailedAndCleaned"].includes(state.state)) return state;
    await sleep(30);
  }
  throw new Error("the import did not end in time");
}

async function submit(collection: string, path: string, more: object): Promise<string> {
  const answer = succeed(
    await client.bulkInsert({ collection_name: collection, files: [path], ...more }),
    "bulkInsert",
  );
  assert.ok(answer.tasks.length > 0, "no task id");
  return String(answer.tasks[0]);
}

async function importFile(path: string, more: object = {}): Promise<Answer> {
  return finished(await submit(name, path, more));
}

/** The old SDK takes no empty expression. */
const everything = packageName.endsWith("2.2") ? "year >= 0" : "";

async function count(expr = everything, partitions?: string[]): Promise<number> {
  const request = {
    collection_name: name,
    expr,
    filter: expr,
    partition_names: partitions,
    output_fields: ["count(*)"],
  };
  return Number(succeed(await client.query(request), "count").data[0]["count(*)"]);
}

/** The rows that `expr` selects must be `expected`, value by value. */
async function compare(expr: string, expected: readonly (typeof rows)[number][]): Promise<void> {
  const answer = succeed(
    await client.query({ collection_name: name, expr, filter: expr, output_fields: ["*"] }),
    "query",
  );
  const byId = new Map<string, Answer>(answer.data.map((row: Answer) => [String(row.id), row]));
  assert.equal(byId.size, expected.length);
  for (const row of expected) {
    const found = byId.get(row.id);
    assert.ok(found, `row ${row.id} is missing`);
    // The SDK hands the dynamic column out as it comes.
    const { title, year, vector, $meta } = found;
    const { extra } = $meta;
    assert.deepEqual({ id: row.id, title, year: Number(year), vector: [...vector].map(Math.fround), extra }, row);
  }
}

const infoOf = (state: Answer, key: string) => state.infos.find((entry: Answer) => entry.key === key)?.value;

const steps: Record<string, () => Promise<void>> = {
  async connect() {
    await client.connectPromise;
    const answer = await client.getVersion();
    assert.ok(answer.version.length > 0);
    assert.equal((await client.checkHealth()).isHealthy, true);
  },
  async missing() {
    assert.equal((await client.hasCollection({ collection_name: "no_such_collection" })).value, false);
    succeed(await client.dropCollection({ collection_name: name }), "drop");
  },
  async create() {
    succeed(
      await client.createCollection({ collection_name: name, fields, enable_dynamic_field: true, shards_num: 2 }),
      "create",
    );
    const described = succeed(await client.describeCollection({ collection_name: name }), "describe");
    assert.deepEqual(
      described.schema.fields.map((field: Answer) => field.name),
      ["id", "title", "year", "vector"],
    );
    succeed(await client.createPartition({ collection_name: name, partition_name: "p1" }), "createPartition");
    const partitions = succeed(await client.showPartitions({ collection_name: name }), "showPartitions");
    assert.deepEqual([...partitions.partition_names].sort(), ["_default", "p1"]);
    const listed = succeed(await client.showCollections(), "showCollections");
    assert.ok(listed.data.some((entry: Answer) => entry.name === name));
  },
  async index() {
    const index = { index_type: "IVF_FLAT", metric_type: "L2", params: { nlist: 8 } };
    const extra = { ...index, params: JSON.stringify(index.params) };
    succeed(
      await client.createIndex({ collection_name: name, field_name: "vector", ...index, extra_params: extra }),
      "createIndex",
    );
    const described = succeed(await client.describeIndex({ collection_name: name }), "describeIndex");
    assert.equal(described.index_descriptions[0].field_name, "vector");
    succeed(await client.loadCollectionSync({ collection_name: name }), "load");
  },
  async import_lines() {
    const state = await importFile(writeLines("rows.jsonl", rows.map(lineOf)));
    assert.equal(state.state, "ImportCompleted", infoOf(state, "failed_reason"));
    assert.equal(Number(state.row_count), rows.length);
    assert.equal(infoOf(state, "progress_percent"), "100");
    assert.equal(await count(), rows.length);
  },
  async values() {
    await compare("year >= 0", rows);
  },
  async filters() {
    assert.equal(await count("year < 1950"), 50);
    assert.equal(await count('title like "title 1%"'), rows.filter((row) => row.title.startsWith("title 1")).length);
    assert.equal(await count(`id in [${rows[0].id}, ${rows[1].id}, 5000]`), 2);
    assert.equal(await count("extra == 'dyn 7'"), 1);
    const none = succeed(
      await client.query({
        collection_name: name,
        expr: "id == -1",
        filter: "id == -1",
        output_fields: ["vector", "title"],
      }),
      "query",
    );
    assert.deepEqual(none.data, []);
    const got = succeed(
      await client.get({ collection_name: name, ids: [rows[0].id], output_fields: ["title"] }),
      "get",
    );
    assert.equal(got.data[0].title, rows[0].title);
  },
  async partition() {
    const before = await count();
    const lines = rows.slice(0, 30).map((row, i) => lineOf({ ...row, id: String(66_000 + i) }));
    const state = await importFile(writeLines("partition.jsonl", lines), { partition_name: "p1" });
    assert.equal(state.state, "ImportCompleted", infoOf(state, "failed_reason"));
    assert.equal(infoOf(state, "partition"), "p1");
    assert.equal(await count(), before + 30);
    assert.equal(await count(everything, ["p1"]), 30);
    const statistics = succeed(await client.getCollectionStatistics({ collection_name: name }), "statistics");
    assert.equal(Number(statistics.data.row_count), before + 30);
    succeed(await client.flushSync({ collection_names: [name] }), "flush");
  },
  async bulk_writer() {
    const { BulkWriter } = exported;
    if (!BulkWriter) return;
    for (const [i, format] of ["json", "parquet"].entries()) {
      const before = await count();
      const writer = new BulkWriter({ schema: { fields, enable_dynamic_field: true }, localPath: folder, format });
      const written = rows
        .slice(0, 20)
        .map((row, k) => ({ ...row, id: String(9_007_199_254_900_000n + BigInt(100 * i + k)) }));
      for (const row of written) await writer.append(row);
      const paths: string[] = (await writer.close()).flat();
      assert.ok(paths.length > 0, "the writer wrote nothing");
      for (const path of paths) {
        const state = await importFile(path);
        assert.equal(state.state, "ImportCompleted", infoOf(state, "failed_reason"));
      }
      assert.equal(await count(), before + 20);
      await compare(`id in [${written.map((row) => row.id)}]`, written);
    }
  },
  async rest() {
    const { HttpClient } = exported;
    if (!HttpClient) return;
    const http = new HttpClient({ endpoint: `http://${address}` });
    if (!http.createImportJobs) return;
    const before = await count();
    const path = writeLines(
      "rest.jsonl",
      rows.slice(0, 5).map((row, i) => lineOf({ ...row, id: String(77_000 + i) })),
    );
    const created = await http.createImportJobs({ collectionName: name, files: [[path]] });
    assert.equal(created.code, 0, created.message);
    const { jobId } = created.data;
    assert.equal((await finished(jobId)).state, "ImportCompleted");
    const progress = await http.getImportJobProgress({ jobId });
    assert.equal(progress.data.state, "Completed");
    const listed = await http.listImportJobs({ collectionName: name });
    assert.ok(listed.data.records.some((record: Answer) => record.jobId === jobId));
    assert.equal(await count(), before + 5);
  },
  async quick_create() {
    const quick = `${name}_quick`;
    await client.dropCollection({ collection_name: quick });
    succeed(await client.createCollection({ collection_name: quick, dimension: 4 }), "quick create");
    const lines = Array.from({ length: 10 }, (_, i) => JSON.stringify({ id: i, vector: [1, 2, 3, i] }));
    const task = await submit(quick, writeLines("quick.jsonl", lines), {});
    assert.equal((await finished(task, quick)).state, "ImportCompleted");
    const request = { collection_name: quick, expr: "id == 7", filter: "id == 7", output_fields: ["vector"] };
    const found = succeed(await client.query(request), "query");
    assert.deepEqual([...found.data[0].vector], [1, 2, 3, 7]);
    succeed(await client.dropCollection({ collection_name: quick }), "drop");
  },
  async single_rows() {
    const own = `${name}_rows`;
    await client.dropCollection({ collection_name: own });
    succeed(await client.createCollection({ collection_name: own, dimension: 4 }), "quick create");
    const rowOf = (id: number, color = `c${id}`) => ({ id, vector: [1, 2, 3, id], color });
    const inserted = succeed(
      await client.insert({ collection_name: own, fields_data: [1, 2, 3].map((id) => rowOf(id)) }),
      "insert",
    );
    assert.equal(Number(inserted.insert_cnt), 3);
    // The first SDKs have no upsert.
    if (client.upsert)
      succeed(await client.upsert({ collection_name: own, data: [rowOf(3, "new"), rowOf(4)] }), "upsert");
    else succeed(await client.insert({ collection_name: own, fields_data: [rowOf(4)] }), "insert");
    succeed(await client.deleteEntities({ collection_name: own, expr: "id in [1]" }), "delete");
    const request = { collection_name: own, expr: "id > 0", filter: "id > 0", output_fields: ["id", "vector"] };
    const found = succeed(await client.query(request), "query");
    assert.deepEqual(found.data.map(({ id }: Answer) => Number(id)).sort(), [2, 3, 4]);
    succeed(await client.flushSync({ collection_names: [own] }), "flush");
    succeed(await client.dropCollection({ collection_name: own }), "drop");
  },
  async failing() {
    const before = await count();
    const bad = lineOf(rows[2]).replace(/"year":\d+/, '"year":"x"');
    const state = await importFile(writeLines("bad.jsonl", [lineOf(rows[0]), bad]));
    assert.equal(state.state, "ImportFailed");
    const reason = infoOf(state, "failed_reason");
    for (const text of ["bad.jsonl", "row 1", "year"])
      assert.ok(reason.includes(text), `the reason lacks ${text}: ${reason}`);
    assert.equal(await count(), before);
  },
  async refusals() {
    const { status } = await client.getMetric({ request: { metric_type: "system_info" } });
    assert.match(status.reason, /read GET \/metrics/);
  },
  async list() {
    const listed = succeed(await client.listImportTasks({ collection_name: name, limit: 1 }), "listImportTasks");
    assert.equal(listed.tasks.length, 1);
  },
  async drop() {
    succeed(await client.releaseCollection({ collection_name: name }), "release");
    succeed(await client.dropCollection({ collection_name: name }), "drop");
    assert.equal((await client.hasCollection({ collection_name: name })).value, false);
  },
};

let failures = 0;
for (const [step, run] of Object.entries(steps)) {
  try {
    await run();
    console.log(`ok ${step}`);
  } catch (error) {
    failures++;
    console.log(`not ok ${step}\n${error instanceof Error ? error.stack : error}`);
    if (step === "connect" || step === "create") break;
  }
}
console.log(`${packageName}: ${failures} steps failed`);
await client.closeConnection();
process.exit(failures > 0 ? 1 : 0);
