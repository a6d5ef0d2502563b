import { mapConcurrent } from "@sluice/async";
import type { SourceFile } from "@sluice/object-store";
import type { ColumnDescription, FileProbe, ProbeInput, SourceDescription } from "../../format.ts";
import { type ArrowContainer, messagesOf } from "./ipc/arrow-container.ts";
import type { ArrowField } from "./ipc/arrow-type.ts";
import { readMessage } from "./ipc/read-message.ts";
import { openArrow, planArrow } from "./open-arrow.ts";
import { describedType, typeText } from "./type-rules.ts";

/** Batches whose rows are counted, each by a read of its metadata; who has more is not told how many rows there are. */
const MAX_COUNTED_BATCHES = 64;
const COUNT_CONCURRENCY = 16;
/** The same of streams, in which batches are found one behind the other. */
const MAX_COUNTED_IN_STREAM = 8;

/** The columns of a file or stream. @throws {ImportError} */
export async function describeArrow(source: SourceFile, signal: AbortSignal): Promise<SourceDescription> {
  const container = await openArrow(source, signal);
  return { rowCount: await rowsOf(source, container, signal), columns: container.fields.map(describedColumn) };
}

/** A column, for who has no collection. */
export function describedColumn(field: ArrowField): ColumnDescription {
  return { name: field.name, type: typeText(field), isNullable: field.isNullable, ...describedType(field) };
}

/**
 * What the footer tells, record batches as places to cut; streams have none. The columns are checked against the plan.
 * @throws {ImportError}
 */
export async function probeArrow({ sources: [source], plan }: ProbeInput, signal: AbortSignal): Promise<FileProbe> {
  const container = await openArrow(source, signal);
  await planArrow(source, container, plan, signal);
  const { batches } = container;
  if (!batches) return { rowCount: await rowsOf(source, container, signal), cuts: "nowhere", extent: source.sizeBytes };
  const cutBytes = [0];
  for (const { bytes } of batches) cutBytes.push(cutBytes[cutBytes.length - 1] + bytes);
  const rowCount = await rowsOf(source, container, signal);
  return { rowCount, cuts: cutBytes.map((_, i) => i), cutBytes, extent: batches.length };
}

/** Undefined where there are many batches. */
async function rowsOf(source: SourceFile, container: ArrowContainer, signal: AbortSignal): Promise<number | undefined> {
  const { batches } = container;
  if (!batches) return await rowsOfStream(source, container, signal);
  if (batches.length > MAX_COUNTED_BATCHES) return undefined;
  let rows = 0;
  const read = mapConcurrent(batches, COUNT_CONCURRENCY, ({ start }) => readMessage(source, start, signal));
  for await (const message of read) if (message?.kind === "batch") rows += message.batch.rowCount;
  return rows;
}

async function rowsOfStream(
  source: SourceFile,
  container: ArrowContainer,
  signal: AbortSignal,
): Promise<number | undefined> {
  let [rows, batches] = [0, 0];
  for await (const message of messagesOf(source, container, { range: undefined, signal, onOpenEnd: () => {} })) {
    if (message.kind !== "batch") continue;
    if (++batches > MAX_COUNTED_IN_STREAM) return undefined;
    rows += message.batch.rowCount;
  }
  return rows;
}
