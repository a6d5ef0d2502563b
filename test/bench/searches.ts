import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Dataset } from "./datasets.ts";
import { firstSearchFigures } from "./first-searches.ts";
import type { Figure } from "./report.ts";
import { BenchServer } from "./sluice.ts";
import { medianOf, type Spent, spentHere, told } from "./spent.ts";

const LIMIT = 100;
/** Searches whose time is told together: the clock of CPU has steps of 10 ms. */
const SEARCHES = 16;
/** Searches that are not counted, in which compilers work. */
const WARM_SEARCHES = 100;

interface Places {
  /** Holds the data of the server. */
  readonly folder: string;
  readonly importRoot: string;
  readonly rounds: number;
}

/** Searches of one collection. */
interface Searched {
  readonly server: BenchServer;
  readonly work: string;
  readonly rounds: number;
  readonly note: (figure: Figure) => void;
  readonly search: (filter?: string) => Promise<unknown>;
}

/**
 * What one search for the 100 nearest takes: the first one beside reading the column's files, from memory and from storage; later
 * ones beside looking at as many bytes in memory, with a filter, and with a cache of half of the vectors.
 */
export async function searchFigures(
  places: Places,
  { files, rows, dim }: Dataset,
  note: (figure: Figure) => void,
): Promise<void> {
  const dataDir = join(places.folder, "searches");
  rmSync(dataDir, { recursive: true, force: true });
  const work = `search, ${rows} × ${dim} floats, nq = 1`;
  const searched = (server: BenchServer) => {
    const { rounds } = places;
    return { server, work, rounds, note, search: (filter = "") => search(server, dim, filter) };
  };
  {
    await using server = await BenchServer.start(dataDir, places.importRoot, 2, { keepsData: true });
    await server.createCollection("bench", dim);
    await server.timeImport("bench", files, rows);
    await ready(server);
  }
  const first = (server: BenchServer) => spentBySearches(server, 1, () => search(server, dim, ""));
  await firstSearchFigures({ dataDir, rounds: places.rounds, work, note, first });
  {
    await using server = await BenchServer.start(dataDir, undefined, 1, { keepsData: true });
    await first(server);
    // The second one makes what later ones use.
    note({ work, what: "second search", value: told(await first(server)) });
    const whole = await laterSearches(searched(server), new Uint8Array(4 * rows * dim).fill(1));
    await filteredSearches(searched(server), whole);
  }
  const flags = ["--cache-size", String(2 * rows * dim)];
  {
    await using server = await BenchServer.start(dataDir, undefined, 1, { flags, keepsData: true });
    await searchesBeyondCache(searched(server));
  }
  rmSync(dataDir, { recursive: true });
}

function search(server: BenchServer, dim: number, filter: string): Promise<unknown> {
  const query = Array.from({ length: dim }, (_, i) => ((i * 37) % 100) / 100);
  return server.post("/v2/vectordb/entities/search", {
    ...{ collectionName: "bench", annsField: "vector", data: [query], limit: LIMIT, outputFields: [], filter },
    searchParams: { metricType: "L2" },
  });
}

/** @param memory as large as the vectors */
async function laterSearches({ server, work, rounds, note, search }: Searched, memory: Uint8Array): Promise<Spent> {
  const [later, looks]: [Spent[], Spent[]] = [[], []];
  await warm(search);
  for (let round = 0; round < rounds; round++) {
    later.push(await spentBySearches(server, SEARCHES, search));
    looks.push(await spentHere(() => Buffer.from(memory.buffer).includes(0)));
  }
  const [both, look] = [medianOf(later), medianOf(looks)];
  note({ work, what: "later searches", value: told(both) });
  const bytesPerMs = (cpuMs: number) => `${(memory.length / cpuMs / 1e6).toFixed(1)} GB/s`;
  note({ work, what: "memory, one thread, by CPU", value: bytesPerMs(look.cpuMs) });
  const share = `${bytesPerMs(both.cpuMs)}, ${(look.cpuMs / both.cpuMs).toFixed(2)}`;
  note({ work, what: "search to memory, by CPU", value: share, target: "0.6" });
  return both;
}

/** Of scattered rows, whose keys say nothing of where they lie. @param whole what a search without a filter takes */
async function filteredSearches({ server, work, rounds, note, search }: Searched, whole: Spent): Promise<void> {
  const filtered = () => search("id % 100 == 7");
  await warm(filtered);
  const all: Spent[] = [];
  for (let round = 0; round < rounds; round++) all.push(await spentBySearches(server, SEARCHES, filtered));
  const kept = medianOf(all);
  note({ work, what: "with a filter that keeps 1 %", value: told(kept) });
  const shares = [kept.ms / whole.ms, kept.cpuMs / whole.cpuMs].map((share) => share.toFixed(2));
  note({ work, what: "the same, to without, by the clock and by CPU", value: shares.join(", "), target: "0.3" });
}

async function searchesBeyondCache({ server, work, rounds, note, search }: Searched): Promise<void> {
  await warm(search);
  const all: Spent[] = [];
  const before = server.readCalls();
  for (let round = 0; round < rounds; round++) all.push(await spentBySearches(server, SEARCHES, search));
  const reads = (server.readCalls() - before) / (rounds * SEARCHES);
  const value = `${told(medianOf(all))}, ${reads.toFixed(0)} reads`;
  note({ work, what: "with a cache of half of the vectors", value });
}

async function warm(search: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < WARM_SEARCHES; i++) await search();
}

async function ready(server: BenchServer): Promise<void> {
  const indexParams = [{ fieldName: "vector", indexName: "vector", metricType: "L2", indexType: "FLAT" }];
  await server.post("/v2/vectordb/indexes/create", { collectionName: "bench", indexParams });
  await server.post("/v2/vectordb/collections/load", { collectionName: "bench" });
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
