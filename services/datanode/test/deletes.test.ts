import { expect, it } from "@jest/globals";
import type { DeletesTaskInput } from "@sluice/jobs";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { DataType, rowIdField } from "@sluice/schema";
import { readDeltaLog, writeDeltaLog } from "@sluice/segment";
import { runDeletes } from "../src/tasks/deletes.ts";
import { taskContext } from "./task-context.ts";

const NOW = 2_000_000_000_000n << 18n;
const place = { collectionId: 1n, partitionId: 9n, segmentId: 2n };

function inputOf(more: Partial<DeletesTaskInput> = {}): DeletesTaskInput {
  return {
    ...{ collectionId: 7n, bucket: { partitionId: 8n, vchannel: "v0" }, options: {}, timestamp: NOW, isDryRun: false },
    primaryKey: { ...rowIdField, fieldId: 100, dataType: DataType.Int64 },
    sets: [{ format: "binlog", files: [{ path: "l0/2/3" } as never] }],
    ...more,
  };
}

async function run(keys: readonly (bigint | string)[], timestamps: readonly bigint[], input = inputOf()) {
  const [objects, warnings, from] = [new MemoryObjectStore(), [] as string[], new MemoryObjectStore()];
  const sizeBytes = await writeDeltaLog(from, place, 3n, { keys, timestamps }, 0);
  const bytes = Buffer.alloc(sizeBytes);
  await from.readInto("delta_log/1/9/2/3", 0, bytes);
  const file = {
    ...{ path: "l0/2/3", sizeBytes: bytes.length, check: async () => {} },
    readInto: async (start: number, target: Uint8Array) => bytes.copy(target, 0, start),
  };
  const openFiles = async () => ({ files: [file as never], [Symbol.asyncDispose]: async () => {} });
  const warn = (text: string) => void warnings.push(text);
  return {
    ...{ objects, warnings },
    result: runDeletes(input, { ...taskContext(objects, { value: 10n }), openFiles, warn }),
  };
}

it("deletes become the logs of a segment without rows; what is still to come counts as of now", async () => {
  const { objects, warnings, result } = await run([5n, -1n, 5n], [9n, NOW + 1n, 3n]);
  const { rowCount, segments } = await result;
  const [segment] = segments;
  expect(rowCount).toBe(3);
  expect(segment).toMatchObject({ rowCount: 0, deletedRows: 0, insertLogs: [], timestamp: NOW, partitionId: 8n });
  const kept = await readDeltaLog(objects, segment, segment.deltaLogs![0], 0);
  expect(kept).toEqual({ keys: [5n, -1n, 5n], timestamps: [9n, NOW, 3n] });
  expect(warnings).toEqual(["1 deletes have timestamps that are still to come: they count as made by this import"]);
});

it("nothing is written where no delete lies within the bounds, nor by a dry run", async () => {
  const bounded = inputOf({ options: { end_ts: String(1_600_000_000_000n << 18n) } });
  const outside = await run([5n], [1_700_000_000_000n << 18n], bounded);
  expect(await outside.result).toMatchObject({ rowCount: 0, segments: [] });
  const dry = await run([5n], [9n], inputOf({ isDryRun: true }));
  expect(await dry.result).toMatchObject({ rowCount: 1, segments: [] });
  for (const { objects } of [outside, dry]) expect(await Array.fromAsync(objects.list(""))).toEqual([]);
});

it("keys of another type are refused, with the file", async () => {
  const { result } = await run(["five"], [9n]);
  await expect(result).rejects.toMatchObject({
    code: "schema_mismatch",
    reason: "delta log data type 21 is not equal to collection's primary key data type 5",
    at: { file: "l0/2/3" },
  });
});
