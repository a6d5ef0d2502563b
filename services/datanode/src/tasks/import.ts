import { setImmediate as turn } from "node:timers/promises";
import { completeBatch } from "@sluice/columns";
import { formatNamed, planFields } from "@sluice/formats";
import type { ImportTaskInput } from "@sluice/jobs";
import type { BatchSink } from "../sinks/batch-sink.ts";
import { NullSink } from "../sinks/null-sink.ts";
import { SegmentSink } from "../sinks/segment-sink.ts";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** Bytes of the source -> columns -> checks -> sink. One pass. See `RunTask`. */
export async function runImport(input: ImportTaskInput, context: TaskContext): Promise<TaskResult> {
  const { signal, limits } = context;
  const plan = planFields(input.schema, input.options);
  await using sink = openSink(input, context);
  await using opened = await context.openFiles(input.files, input.sources);
  let rowCount = 0;
  await using reader = formatNamed(input.format).open({
    sources: opened.files,
    plan,
    ...(input.range && { range: input.range }),
    options: input.options,
  });
  for await (const batch of reader.batches({ batchBytes: limits.batchBytes, signal })) {
    signal.throwIfAborted();
    await sink.append(completeBatch(plan.schema, batch));
    rowCount += batch.rowCount;
    context.onProgress(rowCount, batch.sourceBytes);
    // Parsing takes no turns of its own: without this one, what comes next would not even be asked for until it has ended.
    await turn();
  }
  // A file that was cut short or written again meanwhile would give other rows than its owner means, without an error.
  for (const file of opened.files) await file.check(signal);
  if (rowCount === 0 && !input.range) context.warn(`${input.files.map(({ path }) => path).join(", ")}: no rows`);
  return { rowCount, ...(await sink.finish()) };
}

function openSink(input: ImportTaskInput, context: TaskContext): BatchSink {
  switch (input.sink) {
    case "segments":
      return new SegmentSink(input, context);
    case "none":
      return new NullSink();
  }
}
