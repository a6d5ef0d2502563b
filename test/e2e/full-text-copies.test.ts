import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { common, milvus } from "@sluice/rpc";
import { useRest, useRestCalls, useServer } from "../support/index.ts";

// Whatever makes a collection of another one keeps its functions, and answers a search by text alike.

const out = mkdtempSync(join(tmpdir(), "sluice-full-text-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const fixture = useServer({ exportRoot: `out=${out}`, importRoot: out, compactionInterval: "0s" });
const { data } = useRestCalls(fixture);

const texts = [
  "Milvus is a database",
  "a red fox",
  "the fox and the dog",
  "databases of vectors",
  "",
  "dogs, dogs, dogs",
];
const rowOf = (id: number) => ({ id, text: texts[id % texts.length], dense: [id, 0] });

/** Over REST: key and score of each hit. */
async function found(collectionName: string): Promise<unknown> {
  const body = { collectionName, data: ["dogs of databases", "fox"], annsField: "terms", limit: 20 };
  const hits = await data("entities/search", body);
  return hits.map(({ id, distance }: { id: string; distance: number }) => [Number(id), distance]);
}

async function functionsOf(collectionName: string): Promise<unknown> {
  const request = milvus.DescribeCollectionRequest.fromPartial({ collectionName });
  return (await fixture.client.raw.describeCollection(request)).schema?.functions;
}

let expected: unknown;

beforeAll(async () => {
  const { client, files } = fixture;
  await data("collections/create", {
    collectionName: "texts",
    schema: {
      fields: [
        { fieldName: "id", dataType: "Int64", isPrimary: true },
        {
          ...{ fieldName: "text", dataType: "VarChar" },
          elementTypeParams: { max_length: 100, enable_analyzer: true, analyzer_params: { type: "english" } },
        },
        { fieldName: "dense", dataType: "FloatVector", elementTypeParams: { dim: 2 } },
        { fieldName: "terms", dataType: "SparseFloatVector" },
      ],
      functions: [{ name: "f", type: "BM25", inputFieldNames: ["text"], outputFieldNames: ["terms"] }],
    },
    indexParams: [
      { fieldName: "terms", indexName: "terms", metricType: "BM25" },
      { fieldName: "dense", indexName: "dense", metricType: "L2" },
    ],
  });
  for (const from of [0, 10, 20])
    await client.importAndWait("texts", await files.jsonl(`texts-${from}.jsonl`, Array.from({ length: 10 }, (_, i) => rowOf(from + i)))); // biome-ignore format: one call
  expected = await found("texts");
  expect(expected).toHaveLength(30);
});

it("is described over REST", async () => {
  const { functions, fields } = await data("collections/describe", { collectionName: "texts" });
  expect(functions).toEqual([
    {
      ...{ name: "f", id: 100, description: "", type: "BM25", params: [] },
      ...{ inputFieldNames: ["text"], outputFieldNames: ["terms"] },
    },
  ]);
  expect(fields.at(-1)).toMatchObject({ name: "terms", isFunctionOutput: true });
  const { results } = await data("common/run_analyzer", { text: ["The dogs"], analyzerParams: '{"type":"english"}' });
  expect(results).toEqual([{ tokens: [{ token: "dog" }] }]);
});

it("a copy", async () => {
  const job = await useRest(fixture, "copy").run({ collectionName: "texts", targetCollectionName: "copied" });
  expect(job.state).toBe("Completed");
  await data("collections/load", { collectionName: "copied" });
  expect(await functionsOf("copied")).toEqual(await functionsOf("texts"));
  expect(await found("copied")).toEqual(expected);
});

it("a backup, restored", async () => {
  const job = await useRest(fixture, "export").run({ collectionName: "texts", to: "out://backups", format: "backup" });
  const path = join(out, job.to.slice("out://".length));
  const restored = await useRest(fixture).post("restore", { path, collections: { texts: "restored" } });
  const [{ jobId, warnings }] = restored.data.collections;
  expect(warnings ?? []).toEqual([]);
  expect(await fixture.client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: true });
  expect(await functionsOf("restored")).toEqual(await functionsOf("texts"));
  expect(await found("restored")).toEqual(expected);
});

it("signatures of MinHash are made while rows are imported, and given back", async () => {
  const { client, files } = fixture;
  await data("collections/create", {
    collectionName: "signed",
    schema: {
      fields: [
        { fieldName: "id", dataType: "Int64", isPrimary: true },
        { fieldName: "text", dataType: "VarChar", elementTypeParams: { max_length: 100 } },
        { fieldName: "sign", dataType: "BinaryVector", elementTypeParams: { dim: 128 } },
      ],
      functions: [
        {
          ...{ name: "m", type: "MinHash", inputFieldNames: ["text"], outputFieldNames: ["sign"] },
          params: { num_hashes: 4, token_level: "char" },
        },
      ],
    },
    indexParams: [{ fieldName: "sign", indexName: "sign", metricType: "HAMMING" }],
  });
  await client.importAndWait("signed", await files.jsonl("signed.jsonl", [{ id: 1, text: "hello world" }]));
  const [{ sign }] = await client.query("signed", "id == 1", ["sign"]);
  expect(Buffer.from(sign as Uint8Array).toString("hex")).toBe("66c51a6a7173b72c096e34100d942615");
});

it("segments that are merged", async () => {
  const { raw } = fixture.client;
  const { compactionID } = await raw.manualCompaction(
    milvus.ManualCompactionRequest.fromPartial({ collectionName: "texts" }),
  );
  while ((await raw.getCompactionState({ compactionID })).state !== common.CompactionState.Completed) await sleep(10);
  expect(await fixture.client.segments("texts")).toHaveLength(1);
  expect(await found("texts")).toEqual(expected);
});

it("a row that is inserted has its output too, and counts in the statistics at once", async () => {
  const { client } = fixture;
  const before = await data("entities/search", { collectionName: "texts", data: ["unicorn"], annsField: "terms" });
  expect(before).toEqual([]);
  const { insertCount } = await data("entities/insert", { collectionName: "texts", data: [{ id: 1000, text: "A unicorn", dense: [0, 1] }] }); // biome-ignore format: one call
  expect(insertCount).toBe(1);
  const [hit, ...more] = await data("entities/search", {
    collectionName: "texts",
    data: ["unicorns"],
    annsField: "terms",
  });
  // 31 rows, one with the word, which is its only one; of the others 5 of each text.
  const average = (5 * (2 + 2 + 2 + 2 + 0 + 3) + 1) / 31;
  const score = (Math.log(1 + 30.5 / 1.5) * 2.2) / (1 + 1.2 * (0.25 + 0.75 / average));
  expect([Number(hit.id), more]).toEqual([1000, []]);
  expect(hit.distance).toBeCloseTo(score, 5);
  expect(await client.count("texts")).toBe(31);
});
