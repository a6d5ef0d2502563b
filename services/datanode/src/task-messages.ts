import { failureOf, type ImportError } from "@sluice/errors";
import type { FormatName } from "@sluice/formats";
import { common, decodeStoredSchema, failureMessage, importing } from "@sluice/rpc";
import type { NodeId } from "@sluice/schema";
import type { ImportTaskInput, ImportTaskLimits, ImportTaskOutcome } from "./import-task.ts";

type TaskOrder = importing.TaskOrder;

/** The order as the worker thread takes it. */
export function inputOf(order: TaskOrder, limits: ImportTaskLimits): ImportTaskInput {
  return {
    collectionId: order.collectionId,
    schema: decodeStoredSchema(
      order.schema,
      order.properties.map(({ key, value }) => [key, value]),
    ),
    vchannels: order.vchannels,
    partitionIds: order.partitionIds,
    format: order.format as FormatName,
    files: order.files.map(({ path, key, sizeBytes }) => ({ path, key, sizeBytes: Number(sizeBytes) })),
    range: order.range && { begin: Number(order.range.begin), end: Number(order.range.end) },
    timestamp: order.timestamp,
    options: Object.fromEntries(order.options.map(({ key, value }) => [key, value])),
    limits,
  };
}

/** Reports on an attempt. */
export const resultOf = {
  running: (order: TaskOrder, node: NodeId, rows: number, sourceBytes: number): importing.ImportResult => ({
    ...base(order, node),
    state: common.ImportState.ImportStarted,
    rowCount: BigInt(rows),
    processedBytes: BigInt(Math.floor(sourceBytes)),
  }),
  persisted: (order: TaskOrder, node: NodeId, outcome: ImportTaskOutcome): importing.ImportResult => ({
    ...base(order, node),
    state: common.ImportState.ImportPersisted,
    autoIds: [...outcome.autoIds],
    rowCount: BigInt(outcome.rowCount),
  }),
  failed: (order: TaskOrder, node: NodeId, error: ImportError): importing.ImportResult => ({
    ...base(order, node),
    state: common.ImportState.ImportFailed,
    failure: failureMessage(failureOf(error)),
  }),
};

function base(order: TaskOrder, node: NodeId): importing.ImportResult {
  const { jobId, taskId, attempt } = order;
  return importing.ImportResult.fromPartial({ jobId, taskId, attempt, nodeId: node });
}
