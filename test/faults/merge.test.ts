import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "@jest/globals";
import { bookCollection, eventually } from "../support/index.ts";
import { MergeServer, mergeSteps } from "./merge-server.ts";

// The server is killed in each step of a merge and started again on the same data. Whatever was done by then: the new collection
// is whole or not there, the job is brought to its end, the source is as it was, and nothing is stored in the end that no visible
// segment accounts for.

const steps = [
  ["the request was answered", "asked", mergeSteps.asked],
  ["its task was begun", "begun", mergeSteps.begun],
  ["its segments were written", "written", mergeSteps.written],
  ["its rows became visible, where nobody finds them", "committed", mergeSteps.committed],
  ["it was completed", "completed", /merge job completed/],
] as const;

const on = new MergeServer();
let paths: string[];

beforeAll(async () => {
  await on.createSource("source");
  paths = [await on.writePrices("prices")];
}, 60_000);

const prices = [{ fieldName: "price", dataType: "INT32" }];

/** The id of the job; undefined when the server was killed before it could answer. */
const merge = (destCollectionName: string, newFields: readonly object[] = prices) =>
  on
    .call("POST", "/v2/etl/merge", {
      ...{ collectionName: "source", destCollectionName, files: [paths] },
      ...{ mergeField: "id", newFields },
    })
    .then(({ data }) => data.jobId)
    .catch(() => undefined);

const exists = async (collectionName: string) => (await on.names()).includes(collectionName);

it("has two tasks, where nobody is killed", async () => {
  const logged = on.server.stderr.length;
  await merge("undisturbed");
  await eventually(async () => expect(await exists("undisturbed")).toBe(true), 30_000);
  expect(on.server.stderr.slice(logged).match(/task persisted/g)).toHaveLength(2);
  await on.checkWhole("undisturbed");
}, 60_000);

it.each(steps)(
  "killed when %s, it is whole or not there, and is brought to its end",
  async (_step, name, line) => {
    const logged = on.server.stderr.length;
    const asked = merge(name);
    while (!line.test(on.server.stderr.slice(logged))) await sleep(1);
    await on.restart();
    await asked;
    if (await exists(name)) await on.checkWhole(name);
    await eventually(async () => expect(await exists(name)).toBe(true), 30_000);
    await on.checkWhole(name);
    await on.checkSource("source");
  },
  60_000,
);

it("killed when it has failed, it leaves its name to others", async () => {
  // The file has no text.
  const jobId = await merge("failed", [{ fieldName: "price", dataType: "VARCHAR", params: { maxLength: 9 } }]);
  while (!/merge job failed/.test(on.server.stderr)) await sleep(1);
  await on.restart();
  expect((await on.call("GET", `/v2/jobs/${jobId}`)).data.status).toBe("FAILED");
  expect(await exists("failed")).toBe(false);
  await eventually(() => on.client.createCollection(bookCollection("failed")), 30_000);
}, 60_000);

it("nothing is stored in the end that no visible segment accounts for", async () => {
  await on.checkStored(["source", "undisturbed", ...steps.map(([, name]) => name)]);
}, 60_000);
