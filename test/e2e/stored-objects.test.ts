import { describe, expect, it } from "@jest/globals";
import {
  accountedKeys,
  bookCollection,
  books,
  eventually,
  readRecords,
  segmentsIn,
  storedKeys,
  useServer,
  visibleSegments,
} from "../support/index.ts";

const fixture = useServer({ flushSize: "64KB" });

describe("what lies in storage", () => {
  it("is nothing after a failed job, once garbage is collected", async () => {
    const { client, files, dataDir } = fixture;
    await client.createCollection(bookCollection("leaves_nothing", { shards: 2 }));
    const rows: object[] = books(20_000);
    rows[19_990] = { id: "not a number" };
    await client.importAndFail("leaves_nothing", await files.jsonl("leaves-nothing.jsonl", rows));
    expect(await client.count("leaves_nothing")).toBe(0);
    await eventually(async () => expect(await storedKeys(dataDir)).toEqual([]));
  });

  it("is exactly what the records of visible segments account for", async () => {
    const { client, files, dataDir } = fixture;
    await client.createCollection(bookCollection("accounted", { shards: 3 }));
    const good = await files.jsonl("accounted.jsonl", books(5000));
    const bad = [await files.write("accounted-bad.jsonl", '{"id":1}\n')];
    await client.importAndWait("accounted", good);
    await client.importAndFail("accounted", [...good, ...bad]);
    await client.importAndWait("accounted", await files.npy("accounted", books(3000, 100_000n)));
    await fixture.stop();
    await fixture.restart();
    await eventually(async () => {
      // Segments of the failed job are swept and then forgotten.
      const found = await storedKeys(dataDir);
      expect(segmentsIn(found)).toHaveLength(6);
    });
    await fixture.stop();
    const records = await readRecords(dataDir);
    const visible = visibleSegments(records);
    expect(visible.reduce((sum, segment) => sum + segment.rowCount, 0)).toBe(8000);
    expect(await storedKeys(dataDir)).toEqual(accountedKeys(visible));
    await fixture.restart();
    expect(await fixture.client.count("accounted")).toBe(8000);
  });

  it("is nothing of a collection that was dropped", async () => {
    const { client, dataDir } = fixture;
    await client.dropCollection("accounted");
    await eventually(async () => expect(await storedKeys(dataDir)).toEqual([]));
  });
});
