import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dataset } from "./datasets.ts";
import { type Figure, median, rate } from "./report.ts";
import { BenchServer } from "./sluice.ts";
import { type Spent, spentHere } from "./spent.ts";

const LIMIT = 100;
/** Of the field `vector` of `BenchServer.createCollection`, in the paths of its logs. */
const VECTOR_FIELD = 101;
/** Searches whose time is told together: the clock of CPU has steps of 10 ms. */
const SEARCHES = 16;

interface Places {
  /** Holds the data of the server. */
  readonly folder: string;
  readonly importRoot: string;
  readonly rounds: number;
}

/**
 * What one search for the 100 nearest takes: the first one beside reading the column's files, later ones beside looking at as
 * many bytes in memory.
 */
export async function searchFigures(
  places: Places,
  { files, rows, dim }: Dataset,
  note: (figure: Figure) => void,
): Promise<void> {
  const dataDir = join(places.folder, "searches");
  await using server = await BenchServer.start(dataDir, places.importRoot, 2);
  await server.createCollection("bench", dim);
  await server.timeImport("bench", files, rows);
  await ready(server);
  const query = Array.from({ length: dim }, (_, i) => ((i * 37) % 100) / 100);
  const search = () =>
    server.post("/v2/vectordb/entities/search", {
      ...{ collectionName: "bench", annsField: "vector", data: [query], limit: LIMIT, outputFields: [] },
      searchParams: { metricType: "L2" },
    });
  const work = `search, ${rows} × ${dim} floats, nq = 1`;
  const told = ({ ms, cpuMs }: Spent) => `${ms.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms`;
  const reading = await spentHere(() => readVectors(dataDir));
  const first = await spentBySearches(server, 1, search);
  note({ work, what: "reading the column's files", value: told(reading) });
  note({ work, what: "first search after load", value: told(first) });
  note({ work, what: "the same, to reading, by CPU", value: (first.cpuMs / reading.cpuMs).toFixed(2), target: "1.2" });
  // The second one makes what later ones use.
  note({ work, what: "second search", value: told(await spentBySearches(server, 1, search)) });
  const memory = new Uint8Array(4 * rows * dim).fill(1);
  const [later, looks]: [Spent[], Spent[]] = [[], []];
  for (let round = 0; round < places.rounds; round++) {
    later.push(await spentBySearches(server, SEARCHES, search));
    looks.push(await spentHere(() => Buffer.from(memory.buffer).includes(0)));
  }
  const cpuOf = (all: readonly Spent[]) => median(all.map(({ cpuMs }) => cpuMs));
  const both = { ms: median(later.map(({ ms }) => ms)), cpuMs: cpuOf(later) };
  note({ work, what: "later searches", value: told(both), rowsPerSecond: (rows * 1000) / both.ms });
  note({ work, what: "rows compared", value: rate(rows, both.ms) });
  const bytesPerMs = (cpuMs: number) => `${(memory.length / cpuMs / 1e6).toFixed(1)} GB/s`;
  note({ work, what: "memory, one thread, by CPU", value: bytesPerMs(cpuOf(looks)) });
  const share = cpuOf(looks) / both.cpuMs;
  note({
    work,
    what: "search to memory, by CPU",
    value: `${bytesPerMs(both.cpuMs)}, ${share.toFixed(2)}`,
    target: "0.6",
  });
}

async function ready(server: BenchServer): Promise<void> {
  const indexParams = [{ fieldName: "vector", indexName: "vector", metricType: "L2", indexType: "FLAT" }];
  await server.post("/v2/vectordb/indexes/create", { collectionName: "bench", indexParams });
  await server.post("/v2/vectordb/collections/load", { collectionName: "bench" });
}

/** Into memory of its own, as whoever keeps it must. */
function readVectors(dataDir: string): Buffer[] {
  return globSync(join(dataDir, "storage/insert_log/*/*/*", String(VECTOR_FIELD), "*")).map((file) =>
    readFileSync(file),
  );
}

/** One of several, by the clock and by CPU of the server. */
async function spentBySearches(server: BenchServer, count: number, search: () => Promise<unknown>): Promise<Spent> {
  const cpuMs = () => {
    const { user, system } = server.cpuSeconds();
    return 1000 * (user + system);
  };
  const [startedMs, before] = [performance.now(), cpuMs()];
  for (let i = 0; i < count; i++) await search();
  return { ms: (performance.now() - startedMs) / count, cpuMs: (cpuMs() - before) / count };
}
