import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { bookCollection, books, eventually, scaled, useRest, useServer } from "../support/index.ts";
import {
  type Described,
  give,
  isOnItsWay,
  isOnItsWayToItsEnd,
  type Order,
  type OrderedJob,
  orders,
  type Situation,
  situations,
  wrongEnd,
} from "./job-orders.ts";
import { SeededRandom } from "./seeded-random.ts";
import { storedIsVisible, visibleIn } from "./stored-segments.ts";

// For each situation of a job and each order: the order is given, the server is killed while orders of all jobs are on their way, and
// started again on the same data. Then
// O1. what was accepted has happened, what was refused has not, and what was not answered has happened as a whole or not at all;
// O2. rows are visible when their job is Completed, all of them, and otherwise none is;
// O3. a job that is requested again with its key is the same job;
// O4. nothing is stored that no visible segment accounts for, once garbage is collected.
//
// SLUICE_FAULT_SEED repeats a run's orders; SLUICE_ORDER_RUNS sets how often the server is killed.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? 13);
const runs = Number(process.env.SLUICE_ORDER_RUNS ?? scaled(2));
const random = new SeededRandom(seed);
/** One worker, for which all jobs wait behind a large one: nearly every task is none of the small ones, which never wait. */
const settings = {
  workers: 1,
  smallTaskSize: "100B",
  compactionInterval: "0s",
  gcInterval: "200ms",
  gcGrace: "500ms",
  readerGrace: "1s",
};
const fixture = useServer(settings);
const rest = useRest(fixture);
const COLLECTION = "ordered";
/** Keys of a job start here times its number. */
const KEYS_PER_JOB = 1_000_000;
const ROWS = 20;
/** Keeps the worker busy while orders are given. */
const MANY_ROWS = 40_000;
let jobCount = 0;

function newJob(situation: Situation, order: Order, isTwoPhase: boolean, rowCount = ROWS): OrderedJob {
  const first = ++jobCount * KEYS_PER_JOB;
  return {
    ...{ situation, order, isTwoPhase, first, rowCount, key: `job ${first}` },
    ...{ jobId: undefined, answer: "not sent", retriedBy: undefined },
  };
}

const pairs = situations.flatMap((situation) =>
  orders.flatMap((order) => [false, true].map((isTwoPhase) => ({ situation, order, isTwoPhase }))),
);
/** A job in two phases only can be where it waits for a commit. */
const possible = pairs.filter(({ situation, isTwoPhase }) => isTwoPhase || !/committ/.test(situation));

/** The file of a job. A file that is written anew is another one, and its job fails. */
async function write({ first, rowCount, situation }: OrderedJob): Promise<void> {
  const rows = books(rowCount, BigInt(first)).map((row) => (situation === "failed" ? { ...row, year: "x" } : row));
  await fixture.files.jsonl(`${first}.jsonl`, rows);
}

async function create(job: OrderedJob): Promise<void> {
  const { first, isTwoPhase, order, key } = job;
  const options = {
    ...(isTwoPhase && { auto_commit: "false" }),
    // What has ended before has ended in time.
    ...(order === "timeout" && { timeout: isSettledFirst(job) ? "100s" : "1s" }),
  };
  const files = [[join(fixture.files.folder, `${first}.jsonl`)]];
  const body = { collectionName: COLLECTION, files, options };
  const { data } = await rest.post("create", body, { "Idempotency-Key": key });
  job.jobId = data.jobId;
}

/** Where nothing goes on any more when the orders are given. */
const isSettledFirst = ({ situation }: OrderedJob) => /^(completed|failed|rolled_back|committing)$/.test(situation);

const look = async ({ jobId }: { readonly jobId: string | undefined }): Promise<Described> =>
  (await rest.post("describe", { jobId })).data;

const visibleRows = ({ first }: OrderedJob) =>
  fixture.client.count(COLLECTION, `id >= ${first} and id < ${first + KEYS_PER_JOB}`);

/** Brings jobs to where they are when orders are given. */
async function prepare(jobs: readonly OrderedJob[]): Promise<void> {
  await Promise.all(jobs.map(write));
  const early = jobs.filter(({ situation }) => situation !== "fresh" && situation !== "importing");
  await Promise.all(early.map(create));
  await settled(early);
  const commits = early.filter(
    ({ situation, isTwoPhase }) => isTwoPhase && /^(completed|rolled_back)$/.test(situation),
  );
  for (const { jobId } of commits) await rest.post("commit", { jobId });
  await settled(early);
  for (const { situation, jobId } of early) if (situation === "rolled_back") await rest.post("rollback", { jobId });
  await settled(early);
  const large = newJob("importing", "timeout", false, MANY_ROWS);
  await write(large);
  await create(large);
  await Promise.all(jobs.filter(({ situation }) => situation === "importing").map(create));
}

/** Waits until no job is on its way any more. */
async function settled(jobs: readonly OrderedJob[]): Promise<void> {
  for (const job of jobs) await eventually(async () => expect(isOnItsWay(await look(job))).toBe(false), 60_000);
}

/** Gives all orders at once, and kills the server when so many were answered. */
async function orderAndKill(jobs: readonly OrderedJob[]): Promise<void> {
  let left = random.int(0, jobs.length);
  const enough = Promise.withResolvers<void>();
  const answered = () => void (--left <= 0 && enough.resolve());
  if (left === 0) enough.resolve();
  const giving = random.shuffled(jobs).map(async (job) => {
    if (job.situation === "fresh") await create(job).catch(() => undefined);
    if (job.situation === "committing") void rest.post("commit", { jobId: job.jobId }).catch(() => undefined);
    await give(rest, job);
    answered();
  });
  await Promise.race([enough.promise, Promise.all(giving)]);
  await fixture.restart("kill9");
  await Promise.all(giving);
}

/** O2, at any moment. */
async function checkVisible(job: OrderedJob): Promise<void> {
  const before = await look(job);
  const count = await visibleRows(job);
  const after = await look(job);
  // Rows are visible a moment before their job is said to be Completed, and invisible a moment before it is RolledBack.
  const isMoving = (isOnItsWay(before) && !before.paused) || (job.order === "rollback" && job.answer === "lost");
  const allowed = isMoving ? [0, job.rowCount] : [before.state === "Completed" ? job.rowCount : 0];
  if (before.state === after.state) expect([said(job), allowed]).toEqual([said(job), expect.arrayContaining([count])]);
}

const said = ({ situation, order, isTwoPhase, answer }: OrderedJob) =>
  `${situation}${isTwoPhase ? " in two phases" : ""}, ${order} ${answer}`;

async function check(jobs: readonly OrderedJob[]): Promise<void> {
  // O3: also of those whose creation was not answered.
  for (const job of jobs) {
    const before = job.jobId;
    await create(job);
    if (before !== undefined) expect(job.jobId).toBe(before);
    await checkVisible(job);
  }
  for (const job of jobs.filter(({ order }) => order === "pause")) {
    const { paused = false } = await look(job);
    if (job.answer === "accepted") expect([said(job), paused]).toEqual([said(job), true]);
    if (paused) await rest.post("resume", { jobId: job.jobId });
  }
  for (const job of jobs)
    await eventually(async () => expect(isOnItsWayToItsEnd(job, await look(job))).toBe(false), 60_000);
  for (const job of jobs) {
    await eventually(async () => {
      expect([said(job), wrongEnd(job, await look(job))]).toEqual([said(job), undefined]);
      await checkVisible(job);
    });
    if (job.retriedBy) expect(await look({ jobId: job.retriedBy })).toMatchObject({ retryOf: job.jobId });
  }
}

/** O4. */
async function checkStorage(): Promise<void> {
  await storedIsVisible(fixture.dataDir, () => visibleIn(fixture.client, [COLLECTION]), 40_000);
}

it.each(Array.from({ length: runs }, (_, i) => [i + 1] as const))(
  `run %i: an order is carried out or was never given, whenever the server dies (SLUICE_FAULT_SEED=${seed})`,
  async (run) => {
    if (run === 1) await fixture.client.createCollection(bookCollection(COLLECTION));
    const jobs = possible.map(({ situation, order, isTwoPhase }) => newJob(situation, order, isTwoPhase));
    await prepare(jobs);
    await orderAndKill(jobs);
    await check(jobs);
    for (const job of jobs)
      if ((await look(job)).state === "Uncommitted") await rest.post("abort", { jobId: job.jobId });
    await checkStorage();
  },
  180_000,
);
