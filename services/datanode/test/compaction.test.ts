import { beforeEach, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import type { SegmentMerge } from "@sluice/jobs";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { DataType, partitionId, segmentId, timestampField, type VisibleSegment } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";
import { readSegmentField } from "@sluice/segment";
import { SegmentSink } from "../src/sinks/segment-sink.ts";
import { runCompaction } from "../src/tasks/compaction.ts";
import type { TaskContext } from "../src/tasks/task-kind.ts";
import { taskContext } from "./task-context.ts";

const key = testing.field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true });
const schema = testing.collection([key]);
const place = { partitionId: partitionId(2n), vchannel: "v0" };

let objects: MemoryObjectStore;
let context: TaskContext;
let visible: Map<bigint, VisibleSegment>;
beforeEach(() => {
  objects = new MemoryObjectStore();
  visible = new Map();
  context = {
    ...taskContext(objects, { value: 10n ** 15n }),
    visibleSegments: async (ids) =>
      ids.map((id) => {
        const segment = visible.get(id);
        if (!segment) throw new ImportError("job_failed", `segment ${id} is not visible any more`);
        return segment;
      }),
  };
});

/** A segment of these keys, visible since `commitTs`. */
async function add(commitTs: bigint, ...keys: bigint[]): Promise<bigint> {
  const target = { collectionId: 1n, schema, vchannels: ["v0"], partitionIds: [2n], timestamp: 5n };
  await using sink = new SegmentSink(target, context);
  const data = new Uint8Array(BigInt64Array.from(keys).buffer);
  const columns = [{ kind: "fixed", width: 8, data, validity: undefined } as const];
  await sink.append({ rowCount: keys.length, columns, sourceBytes: 0 });
  const [segment] = (await sink.finish()).segments;
  visible.set(segment.segmentId, { ...segment, commitTs });
  return segment.segmentId;
}

const mergeOf = (...ids: bigint[]): SegmentMerge => ({ ...place, segmentIds: ids.map(segmentId), memoryBytes: 100 });
const compact = (...merges: SegmentMerge[]) => runCompaction({ collectionId: 1n, schema, merges }, context);
const longsOf = async (segment: VisibleSegment, field: typeof key) => {
  const { column, rowCount } = await readSegmentField(objects, segment, field);
  return [...new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount)];
};

describe("a compaction task", () => {
  it("makes one segment of each merge, whose rows count from when they did", async () => {
    const [a, b, c, d] = [await add(70n, 1n, 2n), await add(60n, 3n), await add(80n, 4n), await add(90n, 5n)];
    const outcome = await compact(mergeOf(a, b), mergeOf(c, d));
    expect(outcome).toMatchObject({ rowCount: 5, autoIds: [] });
    expect(outcome.groupSegments).toEqual(outcome.segments.map((segment) => segment.segmentId));
    expect(outcome.segments).toMatchObject([
      { ...place, rowCount: 3, rowTimestamps: { min: 60n, max: 70n } },
      { ...place, rowCount: 2, rowTimestamps: { min: 80n, max: 90n } },
    ]);
    const first = { ...outcome.segments[0], commitTs: 100n };
    expect(await longsOf(first, key)).toEqual([1n, 2n, 3n]);
    visible.set(first.segmentId, first);
    const again = await compact(mergeOf(first.segmentId, c));
    expect(await longsOf({ ...again.segments[0], commitTs: 0n }, timestampField)).toEqual([70n, 70n, 60n, 80n]);
  });

  it("asks for many segments some at a time", async () => {
    const ids = [];
    for (let i = 0n; i < 300n; i++) ids.push(await add(i + 1n, i));
    const asked: number[] = [];
    const { visibleSegments } = context;
    const counted = (list: readonly bigint[]) => {
      asked.push(list.length);
      return visibleSegments(list);
    };
    context = { ...context, visibleSegments: counted };
    const { segments } = await compact(mergeOf(...ids));
    expect(asked).toEqual([256, 44]);
    expect(await longsOf({ ...segments[0], commitTs: 0n }, key)).toEqual(ids.map((_, i) => BigInt(i)));
  });

  it("ends when a segment is not visible any more, and leaves nothing unrecorded", async () => {
    const a = await add(1n, 1n);
    await expect(compact(mergeOf(a, 999n))).rejects.toMatchObject({ code: "job_failed" });
  });
});
