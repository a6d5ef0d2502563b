import { beforeEach, describe, expect, it } from "@jest/globals";
import type { SegmentRecord } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { okStatus, queryNode } from "@sluice/rpc";
import { collectionId, DataType, jobId, partitionId, segmentId, taskId } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";
import { ChangeBook } from "../src/change-book.ts";
import { DeltaSweeper } from "../src/gc/delta-sweeper.ts";
import type { DeleteCall } from "../src/rows/row-call.ts";
import { RowCommits } from "../src/rows/row-commits.ts";
import { RowDeletes } from "../src/rows/row-deletes.ts";
import { SegmentBook } from "../src/segment-book.ts";

const collection = collectionId(7n);
const segment = segmentId(9n);
const key = testing.field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true });

let store: MemoryMetaStore;
let objects: MemoryObjectStore;
let book: SegmentBook;
let changes: ChangeBook;
let commits: RowCommits;
let nextId: bigint;
/** What happens while the rows of a delete are looked for, once each. */
let meanwhile: (() => Promise<unknown>)[];

beforeEach(async () => {
  store = new MemoryMetaStore();
  objects = new MemoryObjectStore();
  book = new SegmentBook(store);
  nextId = 1000n;
  meanwhile = [];
  const allocate = async (count = 1) => (nextId += BigInt(count)) - BigInt(count);
  changes = new ChangeBook(store, allocate);
  const findRows = async () => {
    await meanwhile.shift()?.();
    const keys = { idField: { $case: "intId", value: { data: [1n] } } };
    return queryNode.FindRowsResponse.fromPartial({
      status: okStatus(),
      segments: [{ segmentId: segment, keys }],
    } as never);
  };
  const deps = { book, objects, allocateIds: allocate, now: () => 0 };
  const deletes = new RowDeletes({ ...deps, query: { findRows } });
  commits = new RowCommits({ ...deps, changes, deletes, allocateTs: allocate, aheadMs: 5000 });
  const owner = { collectionId: collection, jobId: jobId(1n), taskId: taskId(1n), attempt: 1, vchannel: "v0" };
  const sizes = { rowCount: 5, sizeBytes: 1, memoryBytes: 1, timestamp: 1n, droppedMs: 0 };
  const logs = { insertLogs: [], statsLogs: [] };
  const sealed = { ...owner, ...sizes, ...logs, partitionId: partitionId(8n), segmentId: segment, state: "sealed" };
  await book.add([sealed as SegmentRecord]);
  await change({ adds: [segment] });
});

const change = (parts: object) =>
  changes.commit({
    ...{ collectionId: collection, changeId: nextId++, adds: [], removes: [], extends: [], rowCount: 0 },
    ...parts,
  });

function remove(): Promise<unknown> {
  const schema = testing.collection([key]);
  const request = { schema: Buffer.alloc(0), expr: "id == 1", exprTemplateValues: {}, timezone: "UTC" };
  const call = { kind: "delete", callId: nextId++, collectionId: collection, schema, partitionIds: [], request };
  return commits.delete(call as unknown as DeleteCall, new AbortController().signal);
}

const logs = async () => (await Array.fromAsync(objects.list("delta_log/"))).map((log) => log.key);
const named = () => {
  const extensions = [...changes.changesOf(collection)].flatMap((change) => change.extends);
  const ids = extensions.flatMap(({ deltaLogs = [] }) => deltaLogs.flatMap(({ logIds }) => logIds));
  return [...new Set(ids)].map((id) => `delta_log/7/8/9/${id}`);
};
const sweep = (more: Partial<ConstructorParameters<typeof DeltaSweeper>[0]> = {}) => {
  const deps = { store, objects, book, changes, exclusively: <T>(_: bigint, run: () => Promise<T>) => run(), ...more };
  return new DeltaSweeper(deps).sweep(new AbortController().signal);
};

describe("delta logs that no change names (G9)", () => {
  it("are removed where a delete was decided on anew, and those that count stay", async () => {
    meanwhile.push(() => change({}));
    await remove();
    expect(await logs()).toHaveLength(2);
    expect(await sweep()).toBe(1);
    expect(await logs()).toEqual(named());
  });

  it("of earlier snapshots stay", async () => {
    await remove();
    await remove();
    expect(await sweep()).toBe(0);
    expect((await logs()).sort()).toEqual(named().sort());
    expect(await logs()).toHaveLength(2);
  });

  it("of earlier snapshots go when these are forgotten", async () => {
    for (let i = 0; i < 5; i++) await remove();
    expect(await logs()).toHaveLength(5);
    await changes.fold(collection, nextId);
    expect(await sweep()).toBe(4);
    expect(await logs()).toEqual(named());
  });

  it("are left alone while their change is made", async () => {
    let written: Promise<unknown> = Promise.resolve();
    // As a writer does that has the turn when the sweeper asks for it.
    const exclusively = async <T>(_: bigint, run: () => Promise<T>) => {
      await written;
      return run();
    };
    const commitTo = changes.commit.bind(changes);
    changes.commit = async (...args) => {
      expect(await logs()).toHaveLength(1);
      swept = sweep({ exclusively });
      return commitTo(...args);
    };
    let swept: Promise<number> | undefined;
    written = remove();
    await written;
    expect(await swept).toBe(0);
    expect(await logs()).toEqual(named());
  });

  it("are left alone by who leads no more, and so are segments that are not visible", async () => {
    await objects.put("delta_log/7/8/9/5", [Buffer.of(1)]);
    await objects.put("delta_log/7/8/10/5", [Buffer.of(1)]);
    const deposed = Object.assign(Object.create(store), { commit: () => Promise.reject(new Error("no leader")) });
    await expect(sweep({ store: deposed })).rejects.toThrow("no leader");
    expect(await logs()).toHaveLength(2);
    expect(await sweep()).toBe(1);
    expect(await logs()).toEqual(["delta_log/7/8/10/5"]);
  });
});
