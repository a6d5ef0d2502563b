import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, useServer } from "../support/index.ts";

const fixture = useServer();

async function described(jobId: bigint) {
  const response = await fetch(`${fixture.url}/v2/vectordb/jobs/import/describe`, {
    method: "POST",
    body: JSON.stringify({ jobId: String(jobId) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests check
  return ((await response.json()) as any).data;
}

const FILES = 12;
const ROWS = 30;

/** Small files of which `badFile`, if any, has a bad row 7. */
async function smallFiles(name: string, badFile = -1): Promise<string[]> {
  const made = Array.from({ length: FILES }, async (_, i) => {
    const rows = books(ROWS, BigInt(1000 * i));
    if (i % 2 === 1) return fixture.files.parquet(`${name}-${i}.parquet`, rows);
    const lines: object[] = rows;
    if (i === badFile) lines[7] = { ...lines[7], year: "x" };
    return fixture.files.jsonl(`${name}-${i}.jsonl`, lines);
  });
  return (await Promise.all(made)).flat();
}

async function submit(collectionName: string, files: readonly string[]): Promise<bigint> {
  const body = JSON.stringify({ collectionName, files: files.map((file) => [file]) });
  const response = await fetch(`${fixture.url}/v2/vectordb/jobs/import/create`, { method: "POST", body });
  return BigInt(((await response.json()) as { data: { jobId: string } }).data.jobId);
}

describe("many small files", () => {
  it("share segments, and every file has its own count", async () => {
    const { client } = fixture;
    await client.createCollection(bookCollection("small", { shards: 2 }));
    const id = await submit("small", await smallFiles("small"));
    const { segmentIds, rowCount } = await client.waitFor(id);
    expect([segmentIds.length, rowCount]).toEqual([2, FILES * ROWS]);
    const job = await described(id);
    expect(job.details.map((detail: { importedRows: number; totalRows: number; state: string }) => detail)).toEqual(
      Array.from({ length: FILES }, () =>
        expect.objectContaining({ importedRows: ROWS, totalRows: ROWS, state: "Completed", progress: 100 }),
      ),
    );
    expect(await client.count("small")).toBe(FILES * ROWS);
    expect(await client.count("small", "id >= 3000 and id < 4000")).toBe(ROWS);
  });

  it("one of which is bad fail with its name and row; the others have ended with it", async () => {
    const { client } = fixture;
    await client.createCollection(bookCollection("small_bad"));
    const files = await smallFiles("small-bad", 4);
    const id = await submit("small_bad", files);
    const { reason } = await client.waitFor(id);
    expect(reason).toContain(`(${files[4]}, row 7, line 8, field "year"`);
    const job = await described(id);
    expect(job.failure).toMatchObject({ file: files[4], row: 7 });
    const states = job.details.map((detail: { state: string }) => detail.state);
    expect(states[4]).toBe("Failed");
    expect(states.filter((state: string) => state === "Cancelled").length).toBe(FILES - 1);
    expect(await client.count("small_bad")).toBe(0);
  });
});
