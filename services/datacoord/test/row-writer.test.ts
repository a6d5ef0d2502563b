import { expect, it } from "@jest/globals";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { type Client, dataCoord, schema as messages, type queryNode } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
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
  let last = 0n;
  const next = async () => ++last;
  const store = new MemoryMetaStore();
  const [book, changes, objects] = [new SegmentBook(store), new ChangeBook(store, next), new MemoryObjectStore()];
  const ids = { allocateIds: next, now: Date.now };
  const deletes = new RowDeletes({ book, objects, query: { findRows }, ...ids });
  const commits = new RowCommits({ book, changes, objects, deletes, allocateTs: next, ...ids });
  return { writer: new RowWriter(changes, commits), asked: asked.promise };
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
