import { join } from "node:path";
import type { CollectionSchema } from "@sluice/schema";
import { papaparse } from "./alternatives/csv-parsers.ts";
import { timeDuckDb } from "./alternatives/others.ts";
import { isInstalled, type VectorStore, writeToStore } from "./alternatives/stores.ts";
import { csvFile, type Dataset, gzipped, jsonLines, numpyColumns, parquetFile, zstdPacked } from "./datasets.ts";
import { type Figure, median, megabytes, rate } from "./report.ts";
import { BenchServer } from "./sluice.ts";
import { type Spent, spentBy, spentHere } from "./spent.ts";

/** Where work is done, how often, and who takes what was measured. */
export interface Bench {
  readonly data: string;
  readonly work: string;
  readonly bytes: number;
  readonly rounds: number;
  /** Of `id` and `vector`, of 128 dimensions. */
  readonly schema: CollectionSchema;
  readonly note: (figure: Figure) => void;
}

/** Work that is compared; what it did, where it did not do all rows. */
interface Contender {
  readonly what: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly run: () => Spent | Promise<Spent>;
}

/** A ratio of two contenders, by their places. */
interface Ratio {
  readonly what: string;
  readonly of: (costs: readonly number[]) => number;
  readonly target: string;
}

/** Every contender once a round, in turn; medians of rates, and of CPU seconds a gigabyte of source. */
async function compare(
  bench: Bench,
  name: string,
  set: Dataset,
  contenders: readonly Contender[],
  ratios: readonly Ratio[],
) {
  const all = contenders.map(() => [] as Spent[]);
  for (let round = 0; round < bench.rounds; round++)
    for (const [i, { run }] of contenders.entries()) all[i].push(await run());
  const cpuMs = all.map((spent) => median(spent.map((one) => one.cpuMs)));
  for (const [i, { what, rows = set.rows, bytes = set.bytes }] of contenders.entries()) {
    const perGb = (cpuMs[i] * 1e6) / bytes;
    const ms = median(all[i].map((one) => one.ms));
    const value = `${rate(rows, ms)}, ${perGb.toFixed(2)} CPU s/GB`;
    bench.note({ work: `${name}, ${megabytes(set.bytes)}`, what, value, rowsPerSecond: (rows * 1000) / ms });
  }
  for (const { what, of, target } of ratios)
    bench.note({ work: `${name}, ${megabytes(set.bytes)}`, what, value: of(cpuMs).toFixed(2), target });
}

/** Half a gigabyte takes a quarter of a second. */
const POLL_MS = 5;

/** One import on a fresh server; `isWarm`: on one that has done the same before. */
async function ours({ work, data }: Bench, set: Dataset, workers: number, isWarm = false): Promise<Spent> {
  await using server = await BenchServer.start(join(work, "sluice"), data, workers);
  for (const name of isWarm ? ["before", "bench"] : ["bench"]) await server.createCollection(name, set.dim);
  if (isWarm) await server.timeImport("before", set.files, set.rows);
  const before = server.cpuSeconds();
  const ms = await server.timeImport("bench", set.files, set.rows, POLL_MS);
  const after = server.cpuSeconds();
  return { ms, cpuMs: 1000 * (after.user + after.system - before.user - before.system) };
}

/** Papa Parse reads so much of the file: it is several times slower. */
const PAPAPARSE_SHARE = 5;

/** CSV, beside the same rows as JSON Lines and beside a parser of CSV alone. */
export async function benchCsv(bench: Bench): Promise<void> {
  const lines = jsonLines(bench.data, bench.bytes, 128);
  const set = csvFile(bench.data, bench.bytes, 128);
  const [file] = set.files;
  const share = { rows: Math.floor(set.rows / PAPAPARSE_SHARE), bytes: set.bytes / PAPAPARSE_SHARE };
  const per = (part: { readonly rows?: number } = {}) => part.rows ?? set.rows;
  const speed = (costs: readonly number[], other: number, rows: number) => costs[other] / rows / (costs[1] / set.rows);
  await compare(
    bench,
    "CSV 128-d",
    set,
    [
      { what: "JSON Lines, one worker", rows: lines.rows, bytes: lines.bytes, run: () => ours(bench, lines, 1) },
      { what: "Sluice, one worker", run: () => ours(bench, set, 1) },
      { what: "DuckDB to Parquet, one thread", run: () => spentHere(() => timeDuckDb(file, bench.work, 1)) },
      {
        ...{ ...share, what: "Papa Parse, JSON.parse, the same segments" },
        run: () => spentHere(() => papaparse(file, share.rows, bench.schema, join(bench.work, "papaparse"))),
      },
      { what: "Sluice, one worker that has done so before", run: () => ours(bench, set, 1, true) },
    ],
    [
      { what: "speed by CPU beside JSON Lines", of: (costs) => speed(costs, 0, lines.rows), target: "≥ 0.9" },
      { what: "speed by CPU beside DuckDB", of: (costs) => speed(costs, 2, per()), target: "≥ 2" },
      { what: "speed by CPU beside Papa Parse", of: (costs) => speed(costs, 3, share.rows), target: "≥ 5" },
      {
        what: "the same, of who has done so before",
        of: (costs) => (speed(costs, 3, share.rows) * costs[1]) / costs[4],
        target: "≥ 5",
      },
    ],
  );
}

/** gzip, beside what only unpacks it. */
export async function benchGzip(bench: Bench): Promise<void> {
  const lines = jsonLines(bench.data, bench.bytes, 128);
  const set = gzipped(lines);
  await compare(
    bench,
    "gzip JSON Lines 128-d",
    set,
    [
      { what: "Sluice, one worker", run: () => ours(bench, set, 1) },
      { what: "gunzip alone", run: () => spentBy("gunzip", "-c", set.files[0]) },
    ],
    [{ what: "speed by CPU beside gunzip alone", of: ([all, gunzip]) => gunzip / all, target: "≥ 0.85" }],
  );
}

/** Parquet with zstd, beside the same file without and what only unpacks it. Needs pyarrow. */
export async function benchZstd(bench: Bench): Promise<void> {
  const [plain, packed] = (["none", "zstd"] as const).map((codec) => parquetFile(bench.data, bench.bytes, 128, codec));
  if (!plain || !packed) return console.log("no pyarrow (test/servers.sh pymilvus installs it): zstd is not measured");
  const zstd = zstdPacked(plain);
  await compare(
    bench,
    "Parquet 128-d zstd",
    packed,
    [
      { what: "Sluice, one worker", run: () => ours(bench, packed, 1) },
      { what: "the same, not compressed", bytes: plain.bytes, run: () => ours(bench, plain, 1) },
      { what: "zstd alone", bytes: plain.bytes, run: () => spentHere(zstd.unpack) },
    ],
    [{ what: "CPU beside both others", of: ([all, rest, unpack]) => all / (rest + unpack), target: "≤ 1.4" }],
  );
}

/** One file that two workers share, beside DuckDB. */
export async function benchOneFile(bench: Bench): Promise<void> {
  const set = jsonLines(bench.data, bench.bytes, 128);
  const [file] = set.files;
  await compare(
    bench,
    "one JSON Lines file 128-d",
    set,
    [
      { what: "Sluice, one worker", run: () => ours(bench, set, 1) },
      { what: "Sluice, two workers", run: () => ours(bench, set, 2) },
      { what: "one worker that has done so before", run: () => ours(bench, set, 1, true) },
      { what: "two workers that have done so before", run: () => ours(bench, set, 2, true) },
      { what: "DuckDB to Parquet, two threads", run: () => spentHere(() => timeDuckDb(file, bench.work, 2)) },
    ],
    [],
  );
}

/** Milvus Lite takes so many rows: a call for each thousand, some twenty thousand rows a second. */
const MILVUS_LITE_ROWS = 50_000;

/** NumPy files into segments, beside stores of vectors that are installed. */
export async function benchStores(bench: Bench): Promise<void> {
  const set = numpyColumns(bench.data, bench.bytes, 128);
  const store = (name: VectorStore, what: string, rows = set.rows): Contender[] =>
    isInstalled(name)
      ? [{ what, rows, bytes: (set.bytes * rows) / set.rows, run: () => writeToStore(name, set, rows, bench.work) }]
      : [];
  await compare(
    bench,
    "NumPy 128-d, stores of vectors",
    set,
    [
      { what: "Sluice, two workers", run: () => ours(bench, set, 2) },
      ...store("lance", "Lance, not synced"),
      ...store("lancedb", "LanceDB, not synced"),
      ...store("milvus-lite", "Milvus Lite, insert", Math.min(set.rows, MILVUS_LITE_ROWS)),
    ],
    [],
  );
}
