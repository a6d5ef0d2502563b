import { execFile } from "node:child_process";
import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  accountedKeys,
  books,
  type CollectionSpec,
  eventually,
  readRecords,
  SourceFiles,
  skips,
  startServer,
  storedKeys,
  TemporaryFolders,
  TestClient,
  type TestServer,
  visibleSegments,
} from "../support/index.ts";
import { faultCollections } from "./planned-jobs.ts";
import { storedIsVisible, visibleIn } from "./stored-segments.ts";

// The data folder lies on a file system of its own, which is filled up and freed again while the server works.

const run = promisify(execFile);
const DISK_BYTES = 64 << 20;
const JOB_ROWS = 60_000;

const folders = new TemporaryFolders();
const disk = await mountedDisk();

/** Undefined where this user may not mount. */
async function mountedDisk(): Promise<string | undefined> {
  const folder = await folders.create();
  const options = ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder];
  return run("mount", options).then(
    () => folder,
    () => undefined,
  );
}

const suite = disk || skips("needs the right to mount a tmpfs: run as root") ? describe : describe.skip;
suite("a full disk", () => {
  const dataDir = disk as string;
  const ballast = join(dataDir, "ballast");
  let files: SourceFiles;
  let server: TestServer;
  let client: TestClient;

  beforeAll(async () => {
    files = new SourceFiles(await folders.create());
    const settings = { workers: 2, splitSize: "1MB", flushSize: "64KB", compactionInterval: "1s", readerGrace: "2s" };
    server = await startServer({ dataDir, importRoots: [files.folder], settings });
    client = new TestClient(server.address);
    await client.createCollection(faultCollections[0] as CollectionSpec);
    await client.importAndWait("plain", await files.jsonl("first.jsonl", books(100)));
  }, 60_000);

  afterAll(async () => {
    client?.[Symbol.dispose]();
    await server?.kill9();
    await run("umount", ["-l", dataDir]);
    await folders[Symbol.asyncDispose]();
  });

  /** Leaves `bytes` of the disk free. */
  async function fill(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dataDir);
    await using file = await open(ballast, "a");
    for (let left = bavail * bsize - bytes; left > 0; left -= 1 << 20) {
      const piece = Buffer.alloc(Math.min(left, 1 << 20), 1);
      await file.write(piece).catch(() => undefined); // Somebody else took the rest.
    }
  }

  /** Waits until nothing is stored but what is visible. */
  async function isSwept(): Promise<void> {
    await storedIsVisible(dataDir, () => visibleIn(client, ["plain"]), 30_000);
  }

  function expectOutOfSpace(reason: string): void {
    const [, reference = reason] = /reference (\w+)/.exec(reason) ?? [];
    const logged = server.stderr.split("\n").filter((line) => line.includes(reference));
    expect({ reason, logged }).toMatchObject({ reason: expect.stringMatching(/space|disk/i) });
  }

  it("holds an import up, which completes once there is room", async () => {
    const paths = await files.jsonl("held.jsonl", books(JOB_ROWS, 1_000_000n));
    await fill(1 << 20);
    const job = await client.import("plain", paths);
    await eventually(async () => expect(server.stderr).toMatch(/no space (is )?left/i));
    expect(await client.count("plain")).toBe(100);
    expect((await client.state(job)).reason).toBe("");
    await rm(ballast);
    expect(await client.waitFor(job)).toMatchObject({ isCompleted: true, rowCount: JOB_ROWS });
    expect(await client.count("plain")).toBe(100 + JOB_ROWS);
  }, 60_000);

  it("to the last byte loses nothing that was answered, and the server goes on when there is room", async () => {
    const paths = await Promise.all(
      [2, 3, 4, 5].map((n) => files.jsonl(`full-${n}.jsonl`, books(2000, BigInt(n) * 1_000_000n))),
    );
    await isSwept(); // What is removed later would make room for one of the jobs.
    await fill(0);
    const answers = await Promise.allSettled(paths.map((path) => client.import("plain", path)));
    expect(await client.count("plain")).toBe(100 + JOB_ROWS);
    await sleep(3500); // Longer than timestamps are reserved ahead: reads need none of the disk.
    expect(await client.count("plain")).toBe(100 + JOB_ROWS);
    await rm(ballast);
    let rows = 100 + JOB_ROWS;
    for (const answer of answers) {
      if (answer.status === "rejected") {
        expectOutOfSpace(String(answer.reason));
        continue;
      }
      // One that found room for its record may have had its eight attempts before there was room for its rows.
      const { reason, isCompleted, rowCount } = await client.waitFor(answer.value);
      if (!isCompleted) expectOutOfSpace(reason);
      expect(rowCount).toBe(isCompleted ? 2000 : 0);
      rows += rowCount;
    }
    await client.importAndWait("plain", await files.jsonl("last.jsonl", books(10, 9_000_000n)));
    expect(await client.count("plain")).toBe(rows + 10);
  }, 90_000);

  it("leaves no object behind that no segment accounts for", async () => {
    await isSwept();
    await server.stop();
    // A merge may have ended since; what it replaced has a record until it is swept.
    const records = await readRecords(dataDir);
    const stored = await storedKeys(dataDir);
    expect(stored).toEqual(expect.arrayContaining(accountedKeys(visibleSegments(records))));
    const recorded = new Set(records.segments.map(({ segmentId }) => String(segmentId)));
    expect(stored.filter((key) => !recorded.has(key.split("/")[3] as string))).toEqual([]);
  }, 60_000);
});
