import { expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { eventually, useRestCalls, useServer } from "../support/index.ts";

// What a querynode keeps of a collection goes with the collection.

const DIM = 64;
const fixture = useServer({ gcInterval: "200ms", gcGrace: "1s", readerGrace: "1s" });
const rest = useRestCalls(fixture);

async function cachedBytes(): Promise<number> {
  const text = await (await fetch(`${fixture.url}/metrics`)).text();
  return Number(/^sluice_querynode_cache_bytes (\d+)/m.exec(text)?.[1]);
}

async function searched(name: string): Promise<void> {
  const { client, files } = fixture;
  const vector = { name: "vector", type: DataType.FloatVector, dim: DIM };
  await client.createCollection({ name, fields: [{ name: "id", type: DataType.Int64, key: true }, vector] });
  const rows = Array.from({ length: 4000 }, (_, id) => ({ id, vector: Array(DIM).fill(id / 7) }));
  await client.importAndWait(name, await files.jsonl(`${name}.jsonl`, rows));
  const hits = await rest.data("entities/search", { collectionName: name, data: [rows[7].vector], limit: 1 });
  expect(hits).toEqual([{ id: "7", distance: 0 }]);
}

it("memory of a dropped collection is given back, that of another one stays", async () => {
  await searched("stays");
  const before = await cachedBytes();
  await searched("goes");
  expect(await cachedBytes()).toBeGreaterThan(before + 4000 * DIM * 4);
  await rest.data("collections/drop", { collectionName: "goes" });
  await eventually(async () => expect(await cachedBytes()).toBe(before), 40_000);
});
