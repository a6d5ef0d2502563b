import { setImmediate as turn } from "node:timers/promises";
import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { formatNamed, planFields } from "@sluice/formats";
import type { ImportTaskInput } from "@sluice/jobs";
import type { BatchSink } from "../sinks/batch-sink.ts";
import { NullSink } from "../sinks/null-sink.ts";
import { SegmentSink } from "../sinks/segment-sink.ts";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** Bytes of the source -> columns -> checks -> sink. One pass. See `RunTask`. */
export async function runImport(input: ImportTaskInput, context: TaskContext): Promise<TaskResult> {
  const { signal, sources, limits } = context;
  const plan = planFields(input.schema, input.options);
  await using sink = openSink(input, context);
  await checkSizes(input, context);
  let rowCount = 0;
  await using reader = formatNamed(input.format).open({
    sources: input.files.map((file) => ({ store: sources, ...file })),
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
  await checkSizes(input, context);
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

/**
 * A file that is cut short or still written would end in fewer rows than its owner means, without an error. Asked before
 * and after reading; a file that is gone is the reader's to report. @throws {ImportError} `malformed_file`
 */
async function checkSizes({ files }: ImportTaskInput, { sources }: TaskContext): Promise<void> {
  for (const { path, key, sizeBytes } of files) {
    const found = (await sources.stat(key))?.sizeBytes ?? sizeBytes;
    if (found === sizeBytes) continue;
    const reason = `the file has changed since its import was requested: expected ${sizeBytes} bytes, found ${found}`;
    throw new ImportError("malformed_file", reason, { file: path });
  }
}
