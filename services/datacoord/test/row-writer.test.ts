import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import type { MetaTransaction } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { type Client, dataCoord, schema as messages, type queryNode } from "@sluice/rpc";
import { collectionId, DataType } from "@sluice/schema";
import { ChangeBook } from "../src/change-book.ts";
import { RowCommits } from "../src/rows/row-commits.ts";
import { RowDeletes } from "../src/rows/row-deletes.ts";
import { RowWriter } from "../src/rows/row-writer.ts";
import { SegmentBook } from "../src/segment-book.ts";

/** A writer whose querynodes are all gone: a call waits for the next one until its signal says no. */
function writerWithoutQueryNodes() {
  const asked = Promise.withResolvers<void>();
  const findRows: Client<queryNode.QueryNodeClient>["findRows"] = (_, settings) => {
    asked.resolve();
    return new Promise((_resolve, reject) =>
      settings?.signal?.addEventListener("abort", () => reject(settings.signal?.reason)),
    );
  };
  return { ...openWriter({ findRows }), asked: asked.promise };
}

/** A metastore that says what is written, and carries it out when it may. */
class WatchedMetaStore extends MemoryMetaStore {
  /** Keys of each transaction that was asked for. */
  readonly asked: string[][] = [];
  mayCommit: Promise<void> = Promise.resolve();

  override async commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    this.asked.push(transaction.writes.map(({ key }) => key));
    await this.mayCommit;
    return super.commit(transaction);
  }
}

function openWriter({
  findRows = () => Promise.reject(new Error("asked")),
  aheadMs = 60_000,
}: {
  readonly findRows?: Client<queryNode.QueryNodeClient>["findRows"];
  readonly aheadMs?: number;
} = {}) {
  let last = 10n ** 17n;
  const next = async (count = 1) => (last += BigInt(count)) - BigInt(count);
  const store = new WatchedMetaStore();
  const [book, changes, objects] = [new SegmentBook(store), new ChangeBook(store, next), new MemoryObjectStore()];
  const ids = { allocateIds: next, now: Date.now };
  const deletes = new RowDeletes({ book, objects, query: { findRows }, ...ids });
  const commits = new RowCommits({ book, changes, objects, deletes, allocateTs: next, aheadMs, ...ids });
  return { writer: new RowWriter(changes, commits), store, objects, book, changes, commits };
}

const schema = messages.CollectionSchema.encode(
  messages.CollectionSchema.fromPartial({
    name: "c",
    fields: [
      { fieldID: 100n, name: "id", dataType: DataType.Int64 as number as messages.DataType, isPrimaryKey: true },
    ],
  }),
).finish();
const about = { callId: 9n, collectionId: 7n, schema: Buffer.from(schema), partitionIds: [1n] };
const rows = {
  rowCount: 1n,
  columns: [{ data: Buffer.alloc(8), offsets: Buffer.alloc(0), validity: Buffer.alloc(0) }],
};

it.each<[string, (writer: RowWriter) => Promise<unknown>]>([
  ["a delete", (writer) => writer.delete(dataCoord.DeleteRowsRequest.fromPartial({ ...about, expr: "id in [1]" }))],
  [
    "an upsert",
    (writer) =>
      writer.write(dataCoord.WriteRowsRequest.fromPartial({ ...about, vchannels: ["v"], replaces: true, rows })),
  ],
])("%s that waits for a querynode does not hold up the end of the datacoord", async (_, call) => {
  const { writer, asked } = writerWithoutQueryNodes();
  const answer = expect(call(writer)).rejects.toThrow("the datacoord ends");
  await asked;
  await writer[Symbol.asyncDispose]();
  await answer;
});

const insert = (rowCount = 1) =>
  dataCoord.WriteRowsRequest.fromPartial({
    ...{ ...about, vchannels: ["v"], replaces: false },
    rows: {
      rowCount: BigInt(rowCount),
      columns: [{ data: Buffer.alloc(8 * rowCount), offsets: Buffer.alloc(0), validity: Buffer.alloc(0) }],
    },
  });

it("an insert is two transactions: its segments before their first object appears, and all that they hold with the change", async () => {
  const { writer, store, objects, book, changes } = openWriter();
  const held = Promise.withResolvers<void>();
  store.mayCommit = held.promise;
  const answer = writer.write(insert(3));
  await setImmediate();
  await setImmediate();
  expect(store.asked.map((keys) => keys.map((key) => key.split("/")[0]))).toEqual([["segment"]]);
  expect(await Array.fromAsync(objects.list(""))).toEqual([]);
  held.resolve();
  const { status } = await answer;
  expect(status).toMatchObject({ code: 0 });
  expect(store.asked.slice(1).map((keys) => keys.map((key) => key.split("/")[0]))).toEqual([["segment", "change"]]);
  const [segment] = [...changes.visible(collectionId(7n)).keys()];
  expect(book.get(segment)).toMatchObject({ state: "sealed", rowCount: 3 });
});

it("an insert whose segments cannot be recorded leaves no object, and is refused", async () => {
  const { writer, store, objects, changes } = openWriter();
  store.mayCommit = Promise.reject(new Error("the disk is full"));
  store.mayCommit.catch(() => {});
  await expect(writer.write(insert())).rejects.toThrow("the disk is full");
  expect(await Array.fromAsync(objects.list(""))).toEqual([]);
  expect(changes.visible(collectionId(7n)).size).toBe(0);
});

it("an insert that follows another soon is one transaction: its segments were recorded with the change before", async () => {
  const { writer, store, objects, changes, commits, book } = openWriter();
  await writer.write(insert());
  await writer.write({ ...insert(), callId: 10n });
  store.asked.length = 0;
  const held = Promise.withResolvers<void>();
  store.mayCommit = held.promise;
  const objectsBefore = (await Array.fromAsync(objects.list(""))).length;
  const answer = writer.write({ ...insert(2), callId: 11n });
  while (store.asked.length === 0) await setImmediate();
  expect((await Array.fromAsync(objects.list(""))).length).toBeGreaterThan(objectsBefore);
  expect(store.asked.map((keys) => keys.map((key) => key.split("/")[0]))).toEqual([["segment", "segment", "change"]]);
  held.resolve();
  expect((await answer).status).toMatchObject({ code: 0 });
  const visible = [...changes.visible(collectionId(7n)).keys()];
  expect(visible).toHaveLength(3);
  const waiting = book.jobs().filter((id) => book.ofJob(id).some(({ state }) => state === "importing"));
  expect(waiting).toHaveLength(1);
  expect(commits.isOpen(waiting[0])).toBe(true);
});

it("segments that were recorded ahead are used for a while, and garbage afterwards", async () => {
  const { writer, store, book, commits } = openWriter({ aheadMs: 50 });
  await writer.write(insert());
  await writer.write({ ...insert(), callId: 10n });
  const [ahead] = book.jobs().filter((id) => book.ofJob(id).some(({ state }) => state === "importing"));
  await sleep(60);
  expect(commits.isOpen(ahead)).toBe(false);
  store.asked.length = 0;
  await writer.write({ ...insert(), callId: 11n });
  expect(store.asked.map((keys) => keys.map((key) => key.split("/")[0]))).toEqual([["segment"], ["segment", "change"]]);
  expect(book.ofJob(ahead)).toMatchObject([{ state: "importing" }]);
});

it("rows for other shards do not use segments that were recorded ahead", async () => {
  const { writer, store, changes, book } = openWriter();
  await writer.write(insert());
  await writer.write({ ...insert(), callId: 10n });
  store.asked.length = 0;
  await writer.write({ ...insert(), callId: 11n, vchannels: ["w"] });
  expect(store.asked).toHaveLength(2);
  const vchannels = [...changes.visible(collectionId(7n)).keys()].map((id) => book.get(id)?.vchannel);
  expect(vchannels).toEqual(["v", "v", "w"]);
});

it("an insert after one that failed records segments of its own", async () => {
  const { writer, store, changes } = openWriter();
  await writer.write(insert());
  store.mayCommit = Promise.reject(new Error("the disk is full"));
  store.mayCommit.catch(() => {});
  await expect(writer.write({ ...insert(), callId: 10n })).rejects.toThrow("the disk is full");
  store.mayCommit = Promise.resolve();
  store.asked.length = 0;
  await writer.write({ ...insert(), callId: 10n });
  expect(store.asked[0].map((key) => key.split("/")[0])).toEqual(["segment"]);
  expect(changes.visible(collectionId(7n)).size).toBe(2);
});

it("many segments are recorded before their change, which one transaction would not hold", async () => {
  const { writer, store, book, changes } = openWriter();
  const vchannels = Array.from({ length: 24 }, (_, i) => `v${i}`);
  const data = Buffer.from(BigInt64Array.from({ length: 500 }, (_, i) => BigInt(i)).buffer);
  const columns = [{ data, offsets: Buffer.alloc(0), validity: Buffer.alloc(0) }];
  await writer.write({ ...insert(), vchannels, rows: { rowCount: 500n, columns } });
  expect(store.asked.at(-1)).toHaveLength(1);
  const segments = [...changes.visible(collectionId(7n)).keys()].map((id) => book.get(id));
  expect(segments).toHaveLength(24);
  for (const segment of segments) expect(segment).toMatchObject({ state: "sealed" });
});
