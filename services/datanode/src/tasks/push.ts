import { columnBytes, sliceRows } from "@sluice/columns";
import type { PushTaskInput } from "@sluice/jobs";
import { compareRows, insertRows, MilvusPeer, type PeerPlace, type PeerSecret } from "@sluice/peer";
import { readLiveRows } from "./export/read-live-rows.ts";
import { RowSample } from "./row-sample.ts";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** Answers to inserts have the keys of their rows. */
const ANSWER_BYTES = 16 << 20;

/**
 * Rows of segments -> columns -> inserts into a collection of another service, of about `batchBytes` each. A second attempt asks
 * which rows the first one has sent, and sends the others. Some rows are compared with what is there then. See `RunTask`.
 */
export async function runPush(input: PushTaskInput, context: TaskContext): Promise<TaskResult> {
  const { peer: source, collectionName, partitionName, output, mayBeThere, checkRows } = input;
  const secret = source.secret === undefined ? undefined : context.secrets[source.secret];
  using peer = new MilvusPeer(source.options as PeerPlace, secret as PeerSecret | undefined, ANSWER_BYTES);
  const target = { collectionName, partitionName, schema: output };
  const done = { rows: 0, bytes: 0 };
  const sample = new RowSample(checkRows);
  for await (const { columns, rowCount, memoryBytes, memory } of readLiveRows(input, context)) {
    using _ = memory;
    const bytes = columns.reduce((sum, column) => sum + columnBytes(column, rowCount), 0);
    const step = Math.max(1, Math.floor((rowCount * context.limits.batchBytes) / Math.max(1, bytes)));
    for (let from = 0; from < rowCount; from += step) {
      const to = Math.min(rowCount, from + step);
      const slices = columns.map((column) => sliceRows(column, from, to));
      await context.paced((bytes * (to - from)) / rowCount);
      await context.confirmCurrent();
      await insertRows(peer, target, { columns: slices, rowCount: to - from }, { mayBeThere, signal: context.signal });
      done.rows += to - from;
    }
    if (rowCount > 0) sample.add(columns, rowCount);
    done.bytes += memoryBytes;
    context.onProgress(done.rows, done.bytes);
  }
  const where = { collectionName, partitionName, filter: "", readTs: 0n };
  for (const part of sample.parts()) await compareRows(peer, where, { ...part, schema: output }, context.signal);
  return { rowCount: done.rows, segments: [], autoIds: [] };
}
