import { mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { silentLogger } from "@sluice/telemetry";
import { type AuditEntry, AuditLog } from "../../src/access/audit-log.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sluice-audit-"))));
afterEach(() => rm(folder, { recursive: true }));

const entry = (call: string, outcome: AuditEntry["outcome"] = "done", more: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ user: "ann", call, address: "10.0.0.1", outcome, code: 0, ...more },
});
const lines = async (file: string) =>
  (await readFile(file, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

it("has a line for each call that changes something, in a file that nobody else reads and that may be moved away", async () => {
  const file = join(folder, "audit.jsonl");
  const audit = new AuditLog(file, false, silentLogger, () => 0);
  audit.note(entry("dropCollection", "done", { collectionName: "books", dbName: "default" }));
  for (const read of [
    "describeCollection",
    "query",
    "/v2/vectordb/jobs/import/list",
    "/v2/vectordb/common/run_analyzer",
    "/v2/vectordb/entities/search",
  ])
    audit.note(entry(read));
  await rename(file, join(folder, "old.jsonl"));
  audit.note(entry("/v2/vectordb/jobs/import/cancel", "failed", { jobId: "7", code: 2100 }));
  expect(await lines(join(folder, "old.jsonl"))).toEqual([
    {
      time: "1970-01-01T00:00:00.000Z",
      call: "dropCollection",
      outcome: "done",
      user: "ann",
      address: "10.0.0.1",
      collectionName: "books",
      dbName: "default",
      code: 0,
    },
  ]);
  expect(await lines(file)).toMatchObject([{ call: "/v2/vectordb/jobs/import/cancel", outcome: "failed", jobId: "7" }]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("has calls that read where it is asked for them, and denied ones always, some a second", async () => {
  const file = join(folder, "audit.jsonl");
  let nowMs = 0;
  const audit = new AuditLog(file, true, silentLogger, () => nowMs);
  audit.note(entry("query"));
  for (let i = 0; i < 1000; i++) audit.note(entry("connect", "denied", { user: "x".repeat(10_000) }));
  nowMs = 1000;
  audit.note(entry("connect", "denied"));
  const written = await lines(file);
  expect([written.length, written[0].call, written.at(-1).more]).toEqual([22, "query", 980]);
  expect(written[1].user.length).toBeLessThan(400);
});

it("stops nobody where it cannot be written", () => {
  const errors: string[] = [];
  const log = { ...silentLogger, error: (message: string) => void errors.push(message) };
  const audit = new AuditLog(join(folder, "none", "audit.jsonl"), false, log);
  for (let i = 0; i < 3; i++) audit.note(entry("dropCollection"));
  expect(errors).toEqual(["calls are not written to the audit log"]);
});
