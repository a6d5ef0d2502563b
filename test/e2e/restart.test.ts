import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, useServer } from "../support/index.ts";

const fixture = useServer();

describe.each(["stop", "kill9"] as const)("a restart after %s", (how) => {
  it("keeps collections, rows, jobs and ids", async () => {
    const { files } = fixture;
    const name = `kept_${how}`;
    await fixture.client.createCollection(bookCollection(name, { shards: 2, dynamic: true }));
    await fixture.client.createPartition(name, "p1");
    const rows = books(1500);
    const done = await fixture.client.importAndWait(name, await files.parquet(`${name}.parquet`, rows));
    const failed = await fixture.client.importAndFail(name, [await files.write(`${name}.jsonl`, "{}\n")]);
    await fixture.restart(how);
    const { client } = fixture;
    expect(await client.count(name)).toBe(1500);
    expect(await client.query(name, "id >= 0", ["id", "title", "year", "vector"])).toEqual(rows);
    expect(await client.state(done.id)).toEqual(done);
    expect(await client.state(failed.id)).toEqual(failed);
    const again = await client.importAndWait(name, await files.jsonl(`${name}-again.jsonl`, books(10, 9000n)), {
      partition: "p1",
    });
    expect(again.id).toBeGreaterThan(failed.id);
    expect(await client.count(name)).toBe(1510);
  });

  it("goes on with jobs that were running", async () => {
    const { files } = fixture;
    const name = `running_${how}`;
    await fixture.client.createCollection(bookCollection(name, { shards: 2 }));
    const paths = await Promise.all(
      [0, 1, 2, 3].map((i) => files.jsonl(`${name}-${i}.jsonl`, books(8000, BigInt(i * 10_000)))),
    );
    const task = await fixture.client.import(name, paths.flat());
    await fixture.restart(how);
    const outcome = await fixture.client.waitFor(task);
    expect(outcome).toMatchObject({ isCompleted: true, rowCount: 32_000, reason: "" });
    expect(await fixture.client.count(name)).toBe(32_000);
  });
});

it("a data folder in use is refused to a second server, and the first goes on", async () => {
  const { dataDir, importRoot } = fixture;
  const { startServer } = await import("../support/index.ts");
  await expect(startServer({ dataDir, importRoots: [importRoot] })).rejects.toThrow(/ended with code 1/);
  expect(await fixture.client.count("kept_stop")).toBe(1510);
});
