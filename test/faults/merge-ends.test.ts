import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { bookCollection } from "../support/index.ts";
import { MergeServer, mergeSteps } from "./merge-server.ts";

// A merge is cancelled in each step, and what it needs goes away in each step. Its collection is whole, or not there with its name free
// for others; the source is as it was, and nothing is stored in the end that no visible segment accounts for.

const on = new MergeServer();

/** A collection of its own for each case. */
async function sourceOf(name: string): Promise<string> {
  await on.createSource(`of_${name}`);
  return `of_${name}`;
}

/** What the server has said from the first line on that has a text. Only the end of all that it says is kept. */
function logSince(text: string): string {
  const at = on.server.stderr.indexOf(text);
  return at < 0 ? "" : on.server.stderr.slice(on.server.stderr.lastIndexOf("\n", at) + 1);
}

/** Asks for a merge into `name`, and waits for a step of it. */
async function mergeUntil(name: string, collectionName: string, line: RegExp, options: object = {}): Promise<string> {
  const newFields = [{ fieldName: "price", dataType: "INT32" }];
  const body = { collectionName, destCollectionName: name, files: [[await on.writePrices(name)]], mergeField: "id" };
  const asked = on.call("POST", "/v2/etl/merge", { ...body, newFields, options });
  while (!line.test(logSince(`"${name}"`))) await sleep(1);
  const { code, message, data } = await asked;
  if (code !== 0) throw new Error(message);
  return data.jobId;
}

async function ended(jobId: string) {
  for (;;) {
    const { data } = await on.call("GET", `/v2/jobs/${jobId}`);
    if (!["PENDING", "IN_PROGRESS", "CANCELING"].includes(data.status)) return data;
    await sleep(10);
  }
}

/** The job has ended as it says, and its collection is there, or its name is free at once. */
async function checkEnd(name: string, jobId: string, failed: object): Promise<void> {
  const job = await ended(jobId);
  if (job.status === "SUCCESSFUL") return on.checkWhole(name);
  expect(job).toMatchObject(failed);
  expect(await on.names()).not.toContain(name);
  await on.client.createCollection(bookCollection(name));
  await on.client.dropCollection(name);
}

describe.each(Object.entries(mergeSteps))("when it was %s", (step, line) => {
  it("it is cancelled, and leaves its name to others", async () => {
    const [name, source] = [`cancelled_${step}`, await sourceOf(`cancelled_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    await on.call("POST", `/v2/jobs/${jobId}/cancel`);
    await checkEnd(name, jobId, { status: "CANCELED" });
    await on.checkSource(source);
  }, 60_000);

  it("its source is dropped, which it says", async () => {
    const [name, source] = [`dropped_${step}`, await sourceOf(`dropped_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    await on.client.dropCollection(source);
    await checkEnd(name, jobId, { status: "FAILED", reason: expect.stringMatching(/dropped/) });
  }, 60_000);

  it("its source gets another name and a field, and it is that of before", async () => {
    const [name, source] = [`altered_${step}`, await sourceOf(`altered_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    const schema = { fieldName: "later", dataType: "Int64", nullable: true };
    expect(
      (await on.call("POST", "/v2/vectordb/collections/fields/add", { collectionName: source, schema })).code,
    ).toBe(0);
    const renaming = { collectionName: source, newCollectionName: `${source}_2` };
    expect((await on.call("POST", "/v2/vectordb/collections/rename", renaming)).code).toBe(0);
    expect(await ended(jobId)).toMatchObject({ status: "SUCCESSFUL" });
    await on.checkWhole(name);
  }, 60_000);

  it("its file is written again, and none of its values is mixed with those of before", async () => {
    const [name, source] = [`rewritten_${step}`, await sourceOf(`rewritten_${step}`)];
    const jobId = await mergeUntil(name, source, line);
    await on.writePrices(name, 2);
    await checkEnd(name, jobId, { status: "FAILED", reason: expect.stringMatching(/has changed since .*\.parquet/) });
  }, 60_000);

  it("its alias becomes a collection's name, which it says", async () => {
    const [name, source] = [`aliased_${step}`, await sourceOf(`aliased_${step}`)];
    const alias = `taken_${step}`;
    const jobId = await mergeUntil(name, source, line, { swapAlias: alias });
    const taken = await on.client.createCollection(bookCollection(alias)).then(
      () => true,
      () => false,
    );
    const failed = { status: "FAILED", reason: expect.stringMatching(/is a collection's name by now/) };
    await checkEnd(name, jobId, failed);
    // One of the two has it.
    expect((await on.names()).includes(alias)).toBe(taken);
  }, 60_000);
});

it("nothing is stored in the end that no visible segment accounts for", async () => {
  await on.checkStored(await on.names());
}, 60_000);
