import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type RunHooks, WorkerThread } from "@sluice/datanode";
import { fixtureSchema } from "@sluice/formats/testing";
import type { ImportTaskInput } from "@sluice/jobs";
import {
  type NamedStorage,
  openMoreSources,
  openSources,
  type S3Credentials,
  type S3ObjectStore,
  type SourceRef,
} from "@sluice/object-store";
import { DataType, encodePlain } from "@sluice/schema";
import { describeWithS3, type S3Fixture, startS3 } from "./s3-support.ts";

const suite = describeWithS3;
const schema = fixtureSchema({
  fields: [
    { name: "id", type: DataType.Int64, is_primary: true },
    { name: "vector", type: DataType.FloatVector, params: { dim: 2 } },
  ],
});
const lines = (count: number) =>
  Buffer.from(Array.from({ length: count }, (_, id) => `{"id": ${id}, "vector": [1, 2]}\n`).join(""));
const hooks: RunHooks = { answer: async () => 1n, onProgress: () => {}, onStorage: () => {} };

suite("tasks of one worker thread", () => {
  let s3: S3Fixture;
  let thread: WorkerThread;
  let settings: NamedStorage[];
  const buckets: S3ObjectStore[] = [];
  const secrets = () => ({ own: s3.options.credentials as S3Credentials });

  const describeBucket = (name: string, bucket: string): NamedStorage => {
    const { credentials: _, ...place } = s3.options;
    return { name, isDefault: true, kind: "s3", options: { ...place, bucket }, secret: "own" };
  };

  beforeAll(async () => {
    s3 = await startS3();
    settings = [describeBucket("import-bucket", s3.options.bucket)];
    // The same key in three buckets, each with another number of rows.
    for (const [i, name] of ["", "-one", "-two"].entries()) {
      const bucket = await s3.open({ bucket: s3.options.bucket + name, prefix: "" });
      buckets.push(bucket);
      await bucket.createBucket();
      await bucket.put("rows.jsonl", [lines(i + 3)]);
    }
    thread = new WorkerThread({
      objects: describeBucket("segments", s3.options.bucket),
      sources: settings,
      secrets: secrets(),
      limits: { batchBytes: 1 << 20, flushBytes: 1 << 20, workerMemoryBytes: 1 << 24, segmentBytes: 1 << 24 },
    });
  });
  afterAll(async () => {
    for (const open of [thread, ...buckets, s3]) await open?.[Symbol.asyncDispose]();
  });

  /** The rows of `rows.jsonl` as a task sees them whose job brings these sources. */
  async function rowsOf(brought: readonly NamedStorage[]): Promise<number> {
    await using base = await openSources(settings, secrets());
    await using sources = await openMoreSources(base, brought, secrets());
    return run(await sources.find("rows.jsonl"), brought);
  }

  async function run(file: SourceRef, brought: readonly NamedStorage[]): Promise<number> {
    const input: ImportTaskInput = {
      ...{ collectionId: 1n, schema, vchannels: ["v0"], partitionIds: [2n], timestamp: 5n },
      ...{ options: {}, sink: "none", sets: [{ format: "jsonl", files: [file] }], sources: brought },
    };
    const task = { kind: "import", input: encodePlain(input) };
    return (await thread.run(task, hooks, new AbortController().signal)).rowCount;
  }

  it("read at the same time from the bucket that each one's job brings, and from that of the settings", async () => {
    const one = [describeBucket("mine", `${s3.options.bucket}-one`)];
    const two = [describeBucket("mine", `${s3.options.bucket}-two`)];
    expect(await Promise.all([rowsOf([]), rowsOf(one), rowsOf(two), rowsOf([])])).toEqual([3, 4, 5, 3]);
  });

  it("carry no credentials: a task that needs others than the thread has fails", async () => {
    const brought = [{ ...describeBucket("mine", `${s3.options.bucket}-one`), secret: "job" }];
    const file = { path: "rows.jsonl", source: "mine", key: "rows.jsonl", sizeBytes: 1, version: "" };
    await expect(run(file, brought)).rejects.toThrow('the credentials "job" are not known here');
  });
});
