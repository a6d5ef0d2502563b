import { closeSync, constants, copyFileSync, fsyncSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { forEachConcurrent } from "@sluice/async";
import { LocalObjectStore, type ObjectStore, S3ObjectStore } from "@sluice/object-store";
import { startVersityGw } from "../support/servers.ts";
import type { Dataset } from "./datasets.ts";
import { type Figure, median, megabytes } from "./report.ts";
import { flagsOf, placeOf, uploaded } from "./s3-imports.ts";
import { BenchServer } from "./sluice.ts";
import { medianOf, type Spent, settleDisk, spentByServer, spentHere, told } from "./spent.ts";

const WORKERS = 2;
/** As many as one task of a copy asks the store for: eight objects of each of four segments. */
const COPIES_AT_ONCE = 32;
/** Segments stay as the import has made them. */
const QUIET = ["--compaction-interval", "0"];
/** How long the objects of a dropped copy are waited for. */
const GONE_LIMIT_MS = 60_000;
/** Copies that compile the code, and that nobody counts. */
const WARM = 1;

interface Places {
  readonly folder: string;
  readonly importRoot: string;
  readonly rounds: number;
}

type Note = (figure: Figure) => void;

/** A server that has the collection, and its store. */
interface Place {
  readonly work: string;
  readonly server: BenchServer;
  readonly store: ObjectStore;
  /** What the keys of segments begin with. */
  readonly prefix: string;
  readonly rows: number;
  readonly rounds: number;
}

/**
 * A collection copied within the service, beside the same objects copied by the store's own call, in turn, as many at once: in a
 * folder, where that is a second name of the file, and in S3 (versitygw). What real copies of the files take stands beside.
 */
export async function copyFigures(places: Places, set: Dataset, note: Note): Promise<void> {
  await copyInFolder(places, set, note);
  await copyInS3(places, set, note);
}

async function copyInFolder({ folder, importRoot, rounds }: Places, set: Dataset, note: Note): Promise<void> {
  const dataDir = join(folder, "sluice");
  await using server = await BenchServer.start(dataDir, importRoot, WORKERS, { flags: QUIET });
  await server.createCollection("bench", set.dim);
  await server.timeImport("bench", set.files, set.rows);
  const root = join(dataDir, "storage");
  await using store = await LocalObjectStore.open({ root });
  const work = `copy in a folder, ${set.rows} rows`;
  const keys = await compareCopies({ work, server, store, prefix: "", rows: set.rows, rounds }, note);
  const costs: Spent[] = [];
  const target = join(folder, "copied-files");
  for (let round = 0; round < rounds; round++) {
    rmSync(target, { recursive: true, force: true });
    settleDisk();
    costs.push(await spentHere(() => copyFiles(root, keys, target)));
  }
  rmSync(target, { recursive: true, force: true });
  note({ work, what: "real copies of the files, synced, in turn", value: told(medianOf(costs)) });
}

async function copyInS3({ folder, rounds }: Places, set: Dataset, note: Note): Promise<void> {
  await using s3 = await startVersityGw();
  const options = placeOf(s3);
  await using store = await S3ObjectStore.open(options);
  await store.createBucket();
  const files = await uploaded(store, set);
  const flags = [...flagsOf(options), ...QUIET];
  await using server = await BenchServer.start(join(folder, "sluice"), undefined, WORKERS, { flags });
  await server.createCollection("bench", set.dim);
  await server.timeImport("bench", files, set.rows);
  await store.delete(files);
  const work = `copy in S3, ${set.rows} rows`;
  await compareCopies({ work, server, store, prefix: "files/", rows: set.rows, rounds }, note);
}

/** Copies of the collection, and of its objects alone, in turn. @returns their keys */
async function compareCopies(place: Place, note: Note): Promise<string[]> {
  const objects = await Array.fromAsync(place.store.list(place.prefix));
  const keys = objects.map(({ key }) => key);
  const bytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const rounds: { readonly job: Job; readonly alone: Spent }[] = [];
  for (let round = -WARM; round < place.rounds; round++) {
    const [job, alone] = [await copyCollection(place, bytes), await copyObjects(place.store, keys)];
    if (round >= 0) rounds.push({ job, alone });
  }
  const [job, alone] = [medianOf(rounds.map((one) => one.job)), medianOf(rounds.map((one) => one.alone))];
  const { work } = place;
  const what = `${keys.length} objects, ${megabytes(bytes)}, by the store alone, ${COPIES_AT_ONCE} at once`;
  note({ work, what: "as a job", value: told(job) });
  note({ work, what, value: told(alone) });
  note({ work, what: "speed of the job beside the store", value: (alone.ms / job.ms).toFixed(2), target: "0.8" });
  const grown = megabytes(median(rounds.map((one) => one.job.grownBytes)));
  note({ work, what: "memory of the server, peak above what it had", value: grown, target: "flat" });
  return keys;
}

interface Job extends Spent {
  readonly grownBytes: number;
}

/** A copy, which is dropped again. @throws Error unless it has the rows, and as many bytes as its source */
async function copyCollection(place: Place, bytes: number): Promise<Job> {
  const { server, rows } = place;
  settleDisk();
  server.forgetPeak();
  const before = server.memoryBytes("VmRSS");
  let job: Record<string, unknown> = {};
  const request = { collectionName: "bench", targetCollectionName: "copied" };
  const spent = await spentByServer(server, async () => {
    job = await server.runJob("copy", request);
  });
  const grownBytes = server.memoryBytes("VmHWM") - before;
  const made = (await sizeBelow(place)) - bytes;
  if (made < bytes || Number(job.copiedRows) !== rows)
    throw new Error(`the copy has ${job.copiedRows} rows and ${made} bytes, its source ${rows} and ${bytes}`);
  await server.post("/v2/vectordb/collections/drop", { collectionName: "copied" });
  await untilGone(place, bytes);
  return { ...spent, grownBytes };
}

async function copyObjects(store: ObjectStore, keys: readonly string[]): Promise<Spent> {
  const copies = keys.map((key) => `alone/${key}`);
  settleDisk();
  const spent = await spentHere(() =>
    forEachConcurrent(keys.keys(), COPIES_AT_ONCE, (at) => store.copy(keys[at], copies[at])),
  );
  await store.delete(copies);
  return spent;
}

/** Nothing is removed while others are timed. */
async function untilGone(place: Place, bytes: number): Promise<void> {
  const limit = Date.now() + GONE_LIMIT_MS;
  while ((await sizeBelow(place)) > bytes) {
    if (Date.now() > limit) throw new Error(`the dropped copy has objects after ${GONE_LIMIT_MS} ms`);
    await sleep(200);
  }
}

async function sizeBelow({ store, prefix }: Place): Promise<number> {
  const sizes = await Array.fromAsync(store.list(prefix), ({ sizeBytes }) => sizeBytes);
  return sizes.reduce((sum, size) => sum + size, 0);
}

function copyFiles(root: string, keys: readonly string[], target: string): void {
  for (const key of keys) {
    const path = join(target, key);
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(root, key), path, constants.COPYFILE_FICLONE);
    const file = openSync(path, "r");
    fsyncSync(file);
    closeSync(file);
  }
}
