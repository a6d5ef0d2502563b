import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  type FixtureCase,
  fixtureCases,
  fixtureFolder,
  startServer,
  TemporaryFolders,
  TestClient,
  type TestServer,
} from "../support/index.ts";

// Every fixture through the whole server: good files give their rows, bad ones are refused with file and row named. The
// values are compared in the tests of the formats.

const types = ["json", "jsonl", "npy", "parquet"];
const cases = fixtureCases(["json", "numpy", "parquet", "bulkwriter"], types).filter((entry) => !entry.needsMapping);
/** What the server takes before a format sees it: text that is compressed, and files of no bytes. Neither has rows. */
const takenByServer = new Set(["json/bad: root-gzip", "parquet/bad: zero-bytes"]);
/** The files below `json/bad` have so many rows. */
const ROWS_OF_BAD_FILES = 40;
const folders = new TemporaryFolders();
let server: TestServer;
let client: TestClient;
let created = 0;

beforeAll(async () => {
  const { dataDir } = await folders.createPair();
  server = await startServer({ dataDir, importRoots: [fixtureFolder], settings: { workers: 2 } });
  client = new TestClient(server.address);
});

afterAll(async () => {
  client?.[Symbol.dispose]();
  await server?.stop();
  await folders[Symbol.asyncDispose]();
});

/** What became of an import: its rows, or why it was refused. */
async function outcomeOf(entry: FixtureCase): Promise<{ rows: number } | { refusal: string; rows: number }> {
  const name = `fixture_${created++}`;
  await client.createFixtureCollection(name, entry.schema);
  try {
    const task = await client.import(name, entry.files);
    const { isCompleted, rowCount, reason } = await client.waitFor(task);
    const rows = await client.count(name);
    if (!isCompleted) return { refusal: reason, rows };
    expect(rows).toBe(rowCount);
    return { rows };
  } catch (error) {
    return { refusal: (error as Error).message, rows: await client.count(name) };
  } finally {
    await client.dropCollection(name);
  }
}

describe("fixtures", () => {
  it("there are many of each kind", () => {
    for (const type of types) expect(cases.filter((entry) => entry.type === type).length).toBeGreaterThan(10);
  });

  it.each(cases.filter((entry) => entry.expect === "rows").map((entry) => [entry.name, entry] as const))(
    "%s is imported",
    async (_, entry) => {
      expect(await outcomeOf(entry)).toEqual({ rows: entry.rowCount });
    },
  );

  it.each(cases.filter((entry) => entry.expect === "rows_or_error").map((entry) => [entry.name, entry] as const))(
    "%s is imported or refused",
    async (_, entry) => {
      const outcome = await outcomeOf(entry);
      if ("refusal" in outcome) expect(outcome).toEqual({ refusal: expect.stringMatching(/\S/), rows: 0 });
      else expect(outcome.rows).toBe(entry.rowCount);
    },
  );

  it.each(cases.filter(({ name }) => takenByServer.has(name)).map((entry) => [entry.name, entry] as const))(
    "%s is imported, without rows",
    async (_, entry) => {
      expect(await outcomeOf(entry)).toEqual({ rows: 0 });
    },
  );

  const refused = cases.filter((entry) => entry.expect === "error" && !takenByServer.has(entry.name));
  it.each(refused.map((entry) => [entry.name, entry] as const))("%s is refused", async (_, entry) => {
    const outcome = await outcomeOf(entry);
    expect(outcome).toEqual({ refusal: expect.any(String), rows: 0 });
    const { refusal } = outcome as { refusal: string };
    expect(entry.files.some((file) => refusal.includes(basename(file))) || refusal).toBe(true);
    if (isRowOfFile(entry)) expect(refusal).toContain(`row ${entry.error?.row}`);
    if (entry.error?.field !== undefined) expect(refusal).toContain(entry.error.field);
  });
});

/** Some faults may be found by the type of the whole column; and a fault after the last row has no row of its own. */
function isRowOfFile({ error }: FixtureCase): boolean {
  return error?.row !== undefined && !error.kind.includes("_or_") && error.row < ROWS_OF_BAD_FILES;
}
