import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { end, programOptions } from "../support/program-options.ts";
import { timeJsonParse } from "./alternatives/json-parse.ts";
import { asRowsFile, milvusPython, timeMilvus } from "./alternatives/milvus.ts";
import { timeDuckDb, timeHyparquet, timeStreamJson } from "./alternatives/others.ts";
import { timeWrites } from "./alternatives/write-limit.ts";
import { compareBuilds } from "./builds.ts";
import { benchCsv, benchGzip, benchOneFile, benchStores, benchZstd } from "./by-cpu.ts";
import { callFigures } from "./calls.ts";
import { clusterFigures } from "./cluster.ts";
import { compactionFigures } from "./compaction.ts";
import { copyFigures } from "./copies.ts";
import {
  arrowFile,
  csvFile,
  type Dataset,
  jsonLines,
  numpyColumns,
  parquetFile,
  type VectorFormat,
  vectorFile,
} from "./datasets.ts";
import { exportFigures } from "./exports.ts";
import { historyFigures } from "./history.ts";
import { insertFigures } from "./inserts.ts";
import { linearFigures } from "./linear.ts";
import { mergeFigures } from "./merges.ts";
import { type Figure, median, megabytes, rate, writeReport } from "./report.ts";
import { compareOnS3 } from "./s3-imports.ts";
import { searchFigures } from "./searches.ts";
import { BenchServer, ownBuild } from "./sluice.ts";
import { smallJobFigures, tenRows } from "./small-jobs.ts";
import { uploadFigures } from "./uploads.ts";

const DEFAULT_PARTS = "jsonl,csv,npy,stores,arrays,parquet,arrow,gzip,zstd,onefile,small,memory";
const usage = `npm run bench -- [options]: how fast imports are, written to test/bench/RESULTS.md. Ours and the alternatives take turns, so that a
slow minute of the machine meets all of them.

--gigabytes N     of data (1)
--rounds N        of which the median counts (3)
--data FOLDER     where data is kept from run to run (sluice-bench in the folder for temporary files)
--with-milvus     a real Milvus 2.3.5 beside ours, each time a fresh server (test/servers.sh milvus installs it)
--before FOLDER   another clone that is built, to compare with
--only PARTS      some of ${DEFAULT_PARTS}, which are done without it, or of
  calls           CPU of gRPC calls, and calls a second of one client and of several, beside a bare grpc-js server [--before]
  inserts         calls that insert 1,000 rows each, by one client of pymilvus [--before, --with-milvus]
  history         descriptions and lists of jobs with ten thousand of them in the history
  merges          columns merged into --gigabytes of rows beside an import of all anew: with 2.6 of them five million [--before]
  copies          a collection copied within the service, in a folder and in S3, beside the store's own copies of its objects
  exports         a collection written as Parquet beside the import of the file, and beside a query iterator of pymilvus
  uploads         a file of --gigabytes through the upload gateway beside the same upload straight to S3, and beside a copy
  searches        searches of vectors of 128 and of 768 floats beside reading them and looking at as much memory
  linear          one job of a hundred files, --gigabytes together: with 51.2 of them a hundred million rows
  compaction      small segments piled up, and imports beside their compaction
  cluster         a cluster of processes
  builds          another build: also CPU seconds, first and fifth imports [--before]
  s3              the same, from and to S3 [--before]`;
const options = programOptions(usage, {
  gigabytes: { type: "string", default: "1" },
  rounds: { type: "string", default: "3" },
  only: { type: "string", default: DEFAULT_PARTS },
  data: { type: "string", default: join(tmpdir(), "sluice-bench") },
  before: { type: "string" },
  "with-milvus": { type: "boolean", default: false },
});
const bytes = Number(options.gigabytes) * 1e9;
const rounds = Number(options.rounds);
const data = join(options.data, "data");
const work = join(options.data, "work");
mkdirSync(data, { recursive: true });
mkdirSync(work, { recursive: true });
const figures: Figure[] = [];

function note(figure: Figure): void {
  figures.push(figure);
  console.log(
    `${figure.work.padEnd(34)} ${figure.what.padEnd(44)} ${figure.value.padStart(16)}  ${figure.target ?? ""}`,
  );
}

function noteRate(work: string, what: string, rows: number, ms: number, target?: string): void {
  note({ work, what, value: rate(rows, ms), rowsPerSecond: (rows * 1000) / ms, ...(target && { target }) });
}

/** One import of the set on a fresh server. Milliseconds. */
async function ours(set: Dataset, workers: number): Promise<number> {
  await using server = await BenchServer.start(join(work, "sluice"), data, workers);
  await server.createCollection("bench", set.dim);
  return await server.timeImport("bench", set.files, set.rows);
}

const withMilvus = options["with-milvus"] && milvusPython() !== undefined;
if (options["with-milvus"] && !withMilvus) console.log("no Milvus (test/servers.sh milvus installs it)");

function milvus(set: Dataset): Contender[] {
  return withMilvus ? [["Milvus 2.3.5, both cores", () => timeMilvus(set, work)]] : [];
}

type Contender = readonly [what: string, run: () => Promise<number>, target?: string];

/** Runs every contender once a round, in turn, and notes the median rates. */
async function compare(name: string, rows: number, contenders: readonly Contender[]): Promise<void> {
  const times = contenders.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    for (const [i, [, run]] of contenders.entries()) times[i].push(await run());
  }
  for (const [i, [what, , target]] of contenders.entries()) noteRate(name, what, rows, median(times[i]), target);
}

async function benchJsonLines(): Promise<void> {
  const set = jsonLines(data, bytes, 128);
  const [file] = set.files;
  await compare(`JSON Lines 128-d, ${megabytes(set.bytes)}`, set.rows, [
    ["Sluice, one worker", () => ours(set, 1), "200 k"],
    ["Sluice, two workers", () => ours(set, 2), "350 k"],
    ["JSON.parse per line, the same segments", () => timeJsonParse(file, benchSchema(128), join(work, "json-parse"))],
    ["DuckDB to Parquet, two threads", () => timeDuckDb(file, work, 2)],
    [
      "stream-json, first 50 MB, no output",
      async () => {
        const { rows, ms } = await timeStreamJson(file, 50e6);
        return (ms * set.rows) / rows;
      },
    ],
    ...(withMilvus ? milvus(await asRowsFile(set)) : []),
  ]);
}

async function benchNumpy(): Promise<void> {
  for (const [dim, target] of [
    [128, "1.2 M"],
    [768, "250 k"],
  ] as const) {
    const set = numpyColumns(data, bytes, dim);
    await compare(`NumPy ${dim}-d, ${megabytes(set.bytes)}`, set.rows, [
      ["Sluice, two workers", () => ours(set, 2), target],
      ["limit: write + fdatasync, two threads", () => timeWrites(work, set.bytes, 2)],
      ...milvus(set),
    ]);
  }
}

async function benchArrays(): Promise<void> {
  const npy = numpyColumns(data, bytes, 128);
  const file = (format: VectorFormat): Contender => {
    const set = vectorFile(data, bytes, 128, format);
    return [`${format}, two workers`, async () => ((await ours(set, 2)) * npy.rows) / set.rows, "0.9 of NumPy"];
  };
  await compare(`vectors 128-d, ${megabytes(npy.bytes)}`, npy.rows, [
    ["NumPy, two workers", () => ours(npy, 2)],
    ...(["fbin", "safetensors", "faiss"] as const).map(file),
  ]);
}

async function benchArrow(): Promise<void> {
  const set = arrowFile(data, bytes, 128);
  if (!set) return console.log("no pyarrow (test/servers.sh pymilvus installs it): Arrow is not measured");
  const npy = numpyColumns(data, bytes, 128);
  await compare(`Arrow file 128-d, ${megabytes(set.bytes)}`, set.rows, [
    ["NumPy, two workers", async () => ((await ours(npy, 2)) * set.rows) / npy.rows],
    ["Sluice, two workers", () => ours(set, 2), "0.9 of NumPy"],
  ]);
}

async function benchParquet(): Promise<void> {
  for (const codec of ["none", "snappy"] as const) {
    const set = parquetFile(data, bytes, 128, codec);
    if (!set) return console.log("no pyarrow (test/servers.sh pymilvus installs it): Parquet is not measured");
    const [file] = set.files;
    await compare(`Parquet 128-d ${codec}, ${megabytes(set.bytes)}`, set.rows, [
      ["Sluice, one worker", () => ours(set, 1), "500 k"],
      ["hyparquet into arrays, no output", () => timeHyparquet(file)],
      ["DuckDB to Parquet, one thread", () => timeDuckDb(file, work, 1)],
      ...milvus(set),
    ]);
  }
}

async function benchHistory(): Promise<void> {
  await historyFigures({ folder: work, importRoot: data, file: tenRows(join(data, "small"), 0) }, note);
}

async function benchMemory(): Promise<void> {
  for (const [name, make] of [
    ["JSON Lines", jsonLines],
    ["NumPy", numpyColumns],
  ] as const)
    for (const times of [1, 4]) {
      const set = make(data, bytes * times, 128);
      for (const [build, root] of Object.entries(builds())) {
        await using server = await BenchServer.start(join(work, "sluice"), data, 2, { build: root });
        await server.createCollection("bench", set.dim);
        await server.timeImport("bench", set.files, set.rows);
        const value = megabytes(server.memoryBytes("VmHWM"));
        note({ work: `peak memory, ${name} ${megabytes(set.bytes)}`, what: `two workers, ${build}`, value });
      }
    }
}

/** Roots of what is compared, by name. */
function builds(): Readonly<Record<string, string>> {
  return { ...(options.before !== undefined && { before: options.before }), now: ownBuild };
}

function buildBefore(): string {
  if (options.before !== undefined) return options.before;
  throw new Error("--only builds and s3 need --before, the folder of a clone that is built");
}

async function benchOnS3(): Promise<void> {
  const parquet = parquetFile(data, bytes, 128, "none");
  const sets = [
    { name: "NumPy 128-d", set: numpyColumns(data, bytes, 128), workers: 2 },
    ...(parquet ? [{ name: "Parquet 128-d none", set: parquet, workers: 2 }] : []),
    { name: "JSON Lines 128-d", set: jsonLines(data, bytes, 128), workers: 2 },
  ];
  await compareOnS3({ before: buildBefore(), now: ownBuild }, { folder: work, rounds }, sets, note);
}

async function benchBuilds(): Promise<void> {
  const before = buildBefore();
  const parquet = (["none", "snappy", "zstd"] as const).flatMap((codec) => {
    const set = parquetFile(data, bytes, 128, codec);
    return set ? [{ name: `Parquet 128-d ${codec}`, set, workers: 1 }] : [];
  });
  const sets = [
    { name: "JSON Lines 128-d", set: jsonLines(data, bytes, 128), workers: 2 },
    { name: "CSV 128-d", set: csvFile(data, bytes, 128), workers: 2 },
    { name: "NumPy 128-d", set: numpyColumns(data, bytes, 128), workers: 2 },
    { name: "NumPy 768-d", set: numpyColumns(data, bytes, 768), workers: 2 },
    { name: "NumPy 128-d, one worker", set: numpyColumns(data, bytes, 128), workers: 1 },
    ...parquet,
  ];
  await compareBuilds({ before, now: ownBuild }, { folder: work, importRoot: data, rounds }, sets, note);
}

async function benchMerges(): Promise<void> {
  const rows = Math.floor(bytes / (128 * 4 + 8));
  await mergeFigures({ folder: work, importRoot: data, rounds, rows, builds: builds() }, note);
}

async function benchCopies(): Promise<void> {
  const set = parquetFile(data, bytes, 128, "snappy");
  if (!set) return console.log("no pyarrow (test/servers.sh pymilvus installs it): copies are not measured");
  await copyFigures({ folder: work, importRoot: data, rounds }, set, note);
}

async function benchExports(): Promise<void> {
  const [set, few] = [bytes, 1e7].map((size) => parquetFile(data, size, 128, "snappy"));
  if (!set || !few) return console.log("no pyarrow (test/servers.sh pymilvus installs it): exports are not measured");
  await exportFigures({ folder: work, importRoot: data, rounds }, set, few, note);
}

function benchSchema(dim: number): CollectionSchema {
  const id = field("id", DataType.Int64, { isPrimaryKey: true });
  return collection([id, field("vector", DataType.FloatVector, { fieldId: 101, dim })], { name: "bench" });
}

const bench = { data, work, bytes, rounds, schema: benchSchema(128), note };
const parts: Record<string, () => Promise<void>> = {
  jsonl: benchJsonLines,
  csv: () => benchCsv(bench),
  npy: benchNumpy,
  arrays: benchArrays,
  parquet: benchParquet,
  arrow: benchArrow,
  stores: () => benchStores(bench),
  gzip: () => benchGzip(bench),
  zstd: () => benchZstd(bench),
  onefile: () => benchOneFile(bench),
  small: () => smallJobFigures({ work, importRoot: data, rounds, builds: builds() }, jsonLines(data, bytes, 128), note),
  memory: benchMemory,
  builds: benchBuilds,
  s3: benchOnS3,
  calls: () => callFigures({ work, before: options.before, rounds }, note),
  cluster: () => clusterFigures(note),
  history: () => benchHistory(),
  inserts: () => insertFigures({ work, before: options.before, rounds, withMilvus }, note),
  linear: () => linearFigures({ folder: work, importRoot: data }, bytes, note),
  searches: async () => {
    for (const dim of [128, 768])
      await searchFigures({ folder: work, importRoot: data, rounds }, numpyColumns(data, bytes, dim), note);
  },
  merges: benchMerges,
  copies: benchCopies,
  exports: benchExports,
  uploads: () => uploadFigures({ folder: work, importRoot: data, rounds }, bytes, note),
  compaction: () => compactionFigures({ folder: work, importRoot: data, rounds }, jsonLines(data, bytes, 128), note),
};
const asked = options.only.split(",");
const unknown = asked.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) end(2, `--only ${unknown}: there is no such part\n\n${usage}`);
for (const name of asked) await parts[name]();
const { data: _folder, before: _before, ...shown } = options;
const flags = Object.entries(shown).map(([name, value]) => `--${name} ${value}`);
writeReport(join(import.meta.dirname, "RESULTS.md"), figures, flags.join(" "));
