import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkStatus, milvus, schema } from "@sluice/rpc";
import { makeOnce, pyarrowPython } from "./datasets.ts";
import { type Figure, median, megabytes } from "./report.ts";
import { BenchServer } from "./sluice.ts";

const DIM = 128;
/** Rows of a merge whose values are compared with what its file has. */
const SAMPLES = 1000;
/** A server that has taken more is ended: memory of a merge is a budget. */
const MAX_MEMORY_BYTES = 4e9;

/** All cores of the machines that figures are of: an import takes as many, and a merge a task for each. */
const WORKERS = 2;

/** Megabytes of `worker-memory` for a million rows: all of them fit, and a fifth, as of five million by default. */
const memories = [100, 19.2];
const orders = ["ordered", "random"] as const;

interface Places {
  /** Holds the data of servers. */
  readonly folder: string;
  readonly importRoot: string;
  readonly rounds: number;
  readonly rows: number;
  /** Roots of clones that are built, by name. */
  readonly builds: Readonly<Record<string, string>>;
}

interface Cost {
  readonly ms: number;
  readonly cpuSeconds: number;
}

/**
 * Three new columns for the rows of a collection, out of files in the order of its rows and in any order, beside an import of
 * all columns anew; by each build in turn. Of each merge some rows are compared with the file.
 */
export async function mergeFigures(places: Places, note: (figure: Figure) => void): Promise<void> {
  const files = await mergeFiles(places.importRoot, places.rows);
  if (!files) return console.log("no pyarrow (test/servers.sh pymilvus installs it): merges are not measured");
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < places.rounds; round++)
    for (const name of memories.map((each) => `${Math.round((each * places.rows) / 1e6)}MB`))
      for (const [build, root] of Object.entries(places.builds))
        for (const [work, cost] of await costsOf(root, [`--worker-memory=${name}`], files, places)) {
          const what = `${work}, ${name}, ${build}`;
          costs.set(what, [...(costs.get(what) ?? []), cost]);
        }
  for (const [what, all] of costs) {
    const [ms, cpuSeconds] = [median(all.map((one) => one.ms)), median(all.map((one) => one.cpuSeconds))];
    const value = `${(ms / 1000).toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU s`;
    note({ work: `merge into ${places.rows} rows`, what, value });
  }
}

async function costsOf(
  build: string,
  flags: readonly string[],
  files: MergeFiles,
  { folder, importRoot, rows }: Places,
) {
  await using server = await BenchServer.start(join(folder, "sluice"), importRoot, WORKERS, { build, flags });
  using _ = endedAbove(server);
  const costs: [work: string, Cost][] = [];
  await server.createCollection("base", DIM);
  await server.timeImport("base", [files.base], rows);
  await createWhole(server);
  costs.push(["import of all anew", await costOf(server, () => server.timeImport("whole", [files.whole], rows))]);
  await drop(server, "whole");
  // The import was not the first one of its server either: whatever compiles code at first has done so.
  await timeMerge(server, files.ordered);
  await drop(server, "merged");
  for (const order of orders) {
    costs.push([`merge, ${order}`, await costOf(server, () => timeMerge(server, files[order]))]);
    await checkSamples(server, rows);
    await drop(server, "merged");
  }
  costs.push(["memory", { ms: server.memoryBytes("VmHWM") / 1e3, cpuSeconds: 0 }]);
  for (const [work, { ms, cpuSeconds }] of costs)
    console.log(`  ${work}: ${ms.toFixed(0)} ms, ${cpuSeconds.toFixed(2)} CPU s`);
  return costs.slice(0, -1);
}

async function costOf(server: BenchServer, work: () => Promise<unknown>): Promise<Cost> {
  await sleep(1000);
  const before = server.cpuSeconds();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  const after = server.cpuSeconds();
  return { ms, cpuSeconds: after.user + after.system - before.user - before.system };
}

async function timeMerge(server: BenchServer, file: string): Promise<void> {
  const newFields = [
    { fieldName: "num", dataType: "INT64" },
    { fieldName: "val", dataType: "DOUBLE" },
    { fieldName: "txt", dataType: "VARCHAR", params: { maxLength: 64 } },
  ];
  const body = { collectionName: "base", destCollectionName: "merged", files: [[file]], mergeField: "id", newFields };
  const { jobId } = (await server.post("/v2/etl/merge", body)) as { jobId: string };
  for (;;) {
    const answer = await fetch(`http://${server.address}/v2/jobs/${jobId}`);
    const { data } = (await answer.json()) as { data: { status: string; reason: string } };
    if (data.status === "SUCCESSFUL") return;
    if (!["PENDING", "IN_PROGRESS"].includes(data.status))
      throw new Error(`the merge ended ${data.status}: ${data.reason}`);
    await sleep(50); // As often as for an import.
  }
}

/** Values of some rows, all over the collection. @throws Error for one that the file does not have */
async function checkSamples(server: BenchServer, rows: number): Promise<void> {
  const indexParams = [{ fieldName: "vector", metricType: "L2", indexType: "FLAT" }];
  await server.post("/v2/vectordb/indexes/create", { collectionName: "merged", indexParams });
  await server.post("/v2/vectordb/collections/load", { collectionName: "merged" });
  const ids = Array.from({ length: SAMPLES }, () => Math.floor(Math.random() * rows));
  const body = { collectionName: "merged", filter: `id in [${ids}]`, outputFields: ["id", "num", "val", "txt"] };
  const found = (await server.post("/v2/vectordb/entities/query", { ...body, limit: SAMPLES })) as Row[];
  if (found.length !== new Set(ids).size) throw new Error(`${found.length} rows found of ${new Set(ids).size}`);
  for (const { id, num, val, txt } of found) {
    const isRight = Number(num) === Number(id) * 7919 + 13 && val === Number(id) * 0.37 + 0.1 && txt === `text ${id}`;
    if (!isRight) throw new Error(`row ${id} of the merge has ${num}, ${val}, ${txt}`);
  }
}

interface Row {
  readonly id: string | number;
  readonly num: string | number;
  readonly val: number;
  readonly txt: string;
}

async function createWhole(server: BenchServer): Promise<void> {
  const fields = [
    { name: "id", dataType: 5, isPrimaryKey: true },
    { name: "vector", dataType: 101, typeParams: [{ key: "dim", value: String(DIM) }] },
    { name: "num", dataType: 5 },
    { name: "val", dataType: 11 },
    { name: "txt", dataType: 21, typeParams: [{ key: "max_length", value: "64" }] },
  ];
  const message = schema.CollectionSchema.fromPartial({ name: "whole", fields } as never);
  const request = { collectionName: "whole", schema: Buffer.from(schema.CollectionSchema.encode(message).finish()) };
  const partial = milvus.CreateCollectionRequest.fromPartial({ ...request, shardsNum: 2 });
  checkStatus(await server.client.createCollection(partial));
}

async function drop(server: BenchServer, collectionName: string): Promise<void> {
  await server.post("/v2/vectordb/collections/drop", { collectionName });
}

/** Looks at the server's memory until it is disposed of. */
function endedAbove(server: BenchServer): Disposable {
  const timer = setInterval(() => {
    if (server.memoryBytes("VmRSS") < MAX_MEMORY_BYTES) return;
    process.kill(server.pid, "SIGKILL");
    throw new Error(`the server took more than ${megabytes(MAX_MEMORY_BYTES)}`);
  }, 200);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

interface MergeFiles {
  readonly base: string;
  readonly whole: string;
  readonly ordered: string;
  readonly random: string;
}

/** As pyarrow writes them: keys 0 … in order, and each row's values out of its key. Undefined where there is no pyarrow. */
function mergeFiles(folder: string, rows: number): MergeFiles | undefined {
  const python = pyarrowPython();
  if (!python) return undefined;
  mkdirSync(folder, { recursive: true });
  const fileOf = (kind: keyof MergeFiles) => {
    const path = join(folder, `merge-${kind}-${rows}.parquet`);
    makeOnce(path, (part) => execFileSync(python, ["-c", script, part, kind, String(rows), String(DIM)]));
    return path;
  };
  return { base: fileOf("base"), whole: fileOf("whole"), ordered: fileOf("ordered"), random: fileOf("random") };
}

const script = `
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
path, kind, rows, dim, group = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), 500_000
rng = np.random.default_rng(7)
keys = rng.permutation(rows) if kind == "random" else np.arange(rows)
def table(ids):
    columns = {"id": pa.array(ids)}
    if kind != "base":
        texts = pa.array(np.char.add("text ", ids.astype("U")))
        columns.update(num=pa.array(ids * 7919 + 13), val=pa.array(ids * 0.37 + 0.1), txt=texts)
    if kind in ("base", "whole"):
        vectors = pa.array(rng.uniform(-1, 1, len(ids) * dim).astype(np.float32))
        columns["vector"] = pa.ListArray.from_arrays(np.arange(0, (len(ids) + 1) * dim, dim, dtype=np.int32), vectors)
    return pa.table(columns)
first = table(keys[:group])
with pq.ParquetWriter(path, first.schema, compression="snappy") as writer:
    for at in range(0, rows, group):
        writer.write_table(first if at == 0 else table(keys[at:at + group]))
`;
