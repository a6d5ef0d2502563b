import { beforeAll, describe, expect, it } from "@jest/globals";
import { bookCollection, bookFields, books, givenRows, useRestCalls, useServer } from "../support/index.ts";

const fixture = useServer();
const { post, data } = useRestCalls(fixture);
const shelf = { collectionName: "shelf" };
const fields = Object.values(bookFields);
const insert = (from: number, count: number) =>
  fixture.client.insert(
    "shelf",
    givenRows(
      fields,
      books(from + count)
        .slice(from)
        .map((book) => ({ ...book })),
    ),
    count,
  );

describe("a collection that is truncated", () => {
  beforeAll(async () => {
    await fixture.client.createCollection(bookCollection("shelf", { shards: 2 }));
    await fixture.client.importAndWait("shelf", await fixture.files.jsonl("shelf.jsonl", books(200)));
    await insert(200, 3);
  });

  it("shows its segments before", async () => {
    const { collectionID } = (await data("collections/describe", shelf)) as { collectionID: number };
    const { segmentInfos } = (await data("segments/describe", { collectionID })) as { segmentInfos: SegmentJson[] };
    expect(segmentInfos.reduce((sum, { numRows }) => sum + numRows, 0)).toBe(203);
    const [{ segmentID, insertLogs }] = segmentInfos;
    expect(segmentInfos[0]).toMatchObject({ collectionID, state: 4, level: 2, deltaLogs: [] });
    expect(insertLogs.map(({ fieldID }) => fieldID)).toEqual(expect.arrayContaining([0, 1, 100, 101]));
    expect(insertLogs.every(({ logIDs }) => logIDs.length > 0)).toBe(true);
    const asked = { collectionID, segmentIDs: [segmentID] };
    expect(await data("segments/describe", asked)).toEqual({ segmentInfos: [segmentInfos[0]] });
    expect(await post("segments/describe", { collectionID, segmentIDs: [1] })).toMatchObject({ code: 600 });
    expect(await post("segments/describe", { segmentIDs: [segmentID] })).toMatchObject({ code: 1802 });
    expect(await post("segments/describe", { collectionID: 7 })).toMatchObject({ code: 100 });
  });

  it("has no row afterwards, also behind a server that is killed as soon as it has answered, and everything else as before", async () => {
    const before = await data("collections/describe", shelf);
    expect(await data("collections/truncate", shelf)).toEqual({});
    await fixture.restart("kill9");
    expect(await fixture.client.count("shelf")).toBe(0);
    expect(await data("collections/get_stats", shelf)).toEqual({ rowCount: 0 });
    expect(await data("collections/describe", shelf)).toEqual(before);
    expect(await data("collections/truncate", shelf)).toEqual({});
  });

  it("takes rows again, the same ones too", async () => {
    await insert(0, 5);
    expect(await fixture.client.count("shelf")).toBe(5);
    await fixture.client.importAndWait("shelf", await fixture.files.jsonl("more.jsonl", books(40)));
    expect(await fixture.client.count("shelf")).toBe(45);
    await fixture.client.raw.truncateCollection({ base: undefined, dbName: "", collectionName: "shelf" });
    expect(await fixture.client.count("shelf")).toBe(0);
  });

  it("loses all of what is written while it is, or nothing of it", async () => {
    const calls = Array.from({ length: 20 }, (_, i) => insert(1000 + 10 * i, 10));
    await Promise.all([...calls, data("collections/truncate", shelf)]);
    const left = await fixture.client.count("shelf");
    expect(left % 10).toBe(0);
    await data("collections/truncate", shelf);
    expect(await fixture.client.count("shelf")).toBe(0);
  });

  it("is named as others are", async () => {
    expect(await post("collections/truncate", { collectionName: "none" })).toMatchObject({ code: 100 });
    expect(await post("collections/truncate", {})).toMatchObject({ code: 1802 });
  });
});

interface SegmentJson {
  readonly segmentID: number;
  readonly numRows: number;
  readonly insertLogs: readonly { readonly fieldID: number; readonly logIDs: readonly number[] }[];
}
