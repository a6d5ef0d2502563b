import { setImmediate as turn } from "node:timers/promises";
import { batchBytes, completeBatch } from "@sluice/columns";
import type { PullTaskInput } from "@sluice/jobs";
import { compareRows, MilvusPeer, type PeerPlace, type PeerSecret, readPages } from "@sluice/peer";
import { isComputed, type StoredSegment } from "@sluice/schema";
import { readSegmentField, segmentParts } from "@sluice/segment";
import { SegmentSink } from "../sinks/segment-sink.ts";
import { checkNewKeys } from "./append/new-keys.ts";
import { RowSample } from "./row-sample.ts";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** A page is asked for with so many bytes; rows are not of one size, and a message may have so many times more. */
const MESSAGE_PAGES = 8;

/**
 * Rows of another service, by ranges of their keys -> columns -> segments, as those of files. A second attempt begins at the
 * beginning of its range: keys, not positions, say where that is. See `RunTask`.
 */
export async function runPull(input: PullTaskInput, context: TaskContext): Promise<TaskResult> {
  const { batchBytes: pageBytes } = context.limits;
  const { peer: source, rows, keys, schema, to, checkRows } = input;
  const secret = source.secret === undefined ? undefined : context.secrets[source.secret];
  using peer = new MilvusPeer(source.options as PeerPlace, secret as PeerSecret | undefined, MESSAGE_PAGES * pageBytes);
  await using sink = new SegmentSink(input, context);
  let rowCount = 0;
  for await (const batch of readPages(peer, { rows, keys, schema, pageBytes }, context.signal)) {
    context.signal.throwIfAborted();
    const complete = completeBatch(schema, batch);
    await context.paced(batchBytes(complete));
    await sink.append(complete);
    rowCount += batch.rowCount;
    context.onProgress(rowCount, batch.sourceBytes);
    await turn();
  }
  const { segments, autoIds } = await sink.finish();
  if (to) await checkNewKeys(segments, { ...to, schema, timestamp: input.timestamp }, context);
  if (checkRows > 0) await checkWritten(peer, input, segments, context);
  return { rowCount, segments, autoIds };
}

/** Parts of segments that are read again for some of their rows: of each all fields. */
const CHECKED_PARTS = 2;

/** Reads some of the rows that were written again, here and there. @throws as `compareRows` */
async function checkWritten(
  peer: MilvusPeer,
  { rows, schema, checkRows }: PullTaskInput,
  segments: readonly StoredSegment[],
  { stored, signal }: TaskContext,
): Promise<void> {
  const parts = segments.flatMap((segment) => segmentParts(segment));
  const sample = new RowSample(checkRows);
  for (let i = 0; i < CHECKED_PARTS && parts.length > 0; i++) {
    const [part] = parts.splice(Math.floor(Math.random() * parts.length), 1);
    const columns = [];
    for (const field of schema.fields)
      columns.push(
        isComputed(schema, field) ? undefined : (await readSegmentField(stored, part, field, signal)).column,
      );
    sample.add(columns, part.rowCount);
  }
  for (const part of sample.parts()) await compareRows(peer, rows, { ...part, schema }, signal);
}
