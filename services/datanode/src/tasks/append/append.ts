import { completeBatch } from "@sluice/columns";
import type { AppendTaskInput } from "@sluice/jobs";
import { isComputed } from "@sluice/schema";
import { SegmentSink } from "../../sinks/segment-sink.ts";
import { readLiveRows } from "../export/read-live-rows.ts";
import type { TaskContext, TaskResult } from "../task-kind.ts";
import { checkNewKeys } from "./new-keys.ts";

/**
 * Rows of segments -> columns -> segments of another collection, in which others are: their times are those of the copy, since a
 * delete there may be later than they were, and they go to the shards that it has. See `RunTask`.
 */
export async function runAppend(input: AppendTaskInput, context: TaskContext): Promise<TaskResult> {
  const { schema, sourceSchema, sourceCollectionId, to, timestamp, expiry, segmentIds } = input;
  const fields = sourceSchema.fields.filter((field) => !isComputed(sourceSchema, field));
  const read = { schema: sourceSchema, filter: "", timestamp, expiry, segmentIds, output: { ...sourceSchema, fields } };
  const places = schema.fields.map(({ name }) => fields.findIndex((field) => field.name === name));
  await using sink = new SegmentSink({ ...input, collectionId: to.collectionId }, context);
  let rowCount = 0;
  let sourceBytes = 0;
  for await (const part of readLiveRows(read, ofCollection(sourceCollectionId, context))) {
    using _ = part.memory;
    await context.paced(part.memoryBytes);
    sourceBytes += part.memoryBytes;
    if (part.rowCount > 0) {
      const columns = places.map((place) => part.columns[place]);
      await sink.append(completeBatch(schema, { rowCount: part.rowCount, columns, sourceBytes }));
    }
    rowCount += part.rowCount;
    context.onProgress(rowCount, sourceBytes);
  }
  const { segments, autoIds } = await sink.finish();
  await checkNewKeys(segments, { ...to, schema, timestamp }, context);
  return { rowCount, segments, autoIds };
}

/** The same, of another collection than the task's. */
function ofCollection(collectionId: bigint, context: TaskContext): TaskContext {
  return { ...context, visibleSegments: (ids, timestamp) => context.visibleSegments(ids, timestamp, collectionId) };
}
