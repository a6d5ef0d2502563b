import { locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import type { ArrowColumnPlan } from "./columns/column-decoder.ts";
import { type ArrowContainer, messagesOf, openContainer } from "./ipc/arrow-container.ts";
import { planColumns } from "./plan-columns.ts";

/** @throws {ImportError} as `openContainer`, with what a file is that is no Arrow */
export async function openArrow(source: SourceFile, signal: AbortSignal): Promise<ArrowContainer> {
  try {
    return await openContainer(source, signal);
  } catch (error) {
    throw locate(await withContent(error, source, signal), { file: source.path });
  }
}

/**
 * Plans how the fields are read. An empty table fits, whatever its columns: pandas gives those of an empty frame any type.
 * @returns undefined for a file without rows that does not fit
 * @throws {ImportError} as `planColumns`, and what storage says
 */
export async function planArrow(
  source: SourceFile,
  container: ArrowContainer,
  plan: FieldPlan,
  signal: AbortSignal,
  warn?: (text: string) => void,
): Promise<ArrowColumnPlan[] | undefined> {
  try {
    return planColumns(container, plan, source.path, warn);
  } catch (error) {
    if (await hasRows(source, container, signal)) throw error;
    return undefined;
  }
}

async function hasRows(source: SourceFile, container: ArrowContainer, signal: AbortSignal): Promise<boolean> {
  const options = { range: undefined, signal, onOpenEnd: () => {} };
  for await (const message of messagesOf(source, container, options))
    if (message.kind === "batch" && message.batch.rowCount > 0) return true;
  return false;
}
