import type { FileGroupRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import { type Failure, formatLocation } from "@sluice/errors";
import {
  duplicateRowsOf,
  type FieldMapping,
  type ImportFindings,
  isOpenTask,
  MAX_NAMED_ROWS,
  type RejectedRowRecord,
  rejectedRowsOf,
  type TaskState,
  taskPercent,
  totalRows,
} from "@sluice/jobs";
import { failureMessage, type rootCoord } from "@sluice/rpc";

const detailStates: Readonly<Record<TaskState, string>> = {
  pending: "Pending",
  running: "InProgress",
  persisted: "Completed",
  failed: "Failed",
};

/** Tasks end with their job: nobody works on them any more, whatever their records were left at. */
function endWithJob(tasks: readonly TaskRecord[]): string {
  return tasks.every((task) => task.attempt === 0) ? "NotBegun" : "Cancelled";
}

/** Of the tasks of a job, what concerns each of its groups. */
export function partsByGroup({ groups }: JobRecord, tasks: readonly TaskRecord[]): TaskRecord[][] {
  const parts: TaskRecord[][] = groups.map(() => []);
  for (const task of tasks)
    for (let i = task.group; i < task.group + (task.groupCount ?? 1); i++) parts[i]?.push(partOf(task, i, groups));
  return parts;
}

/**
 * What of a task concerns one of its groups. While a packed task runs, nobody counts its groups apart; when it fails, the
 * failure is that of the group whose file it names, of several with this file the first, since they are read in order.
 */
function partOf(task: TaskRecord, index: number, groups: readonly FileGroupRecord[]): TaskRecord {
  if (task.groupCount === undefined) return task;
  const group = groups[index];
  const sizeBytes = bytesOf(group);
  const processedBytes = Math.floor((task.processedBytes * sizeBytes) / Math.max(1, task.sizeBytes));
  // Without groups they are all about the first one.
  const warnings = task.warnings.filter((_, i) => (task.warningGroups?.[i] ?? 0) === index - task.group);
  const findings = task.findings && partOfFindings(task.findings, index - task.group, group);
  const part = {
    ...task,
    ...(findings && { findings }),
    sizeBytes,
    processedBytes,
    warnings,
    rowCount: task.groupRows?.[index - task.group] ?? 0,
  };
  return index === failedGroup(task, groups, index) ? part : { ...part, state: "running" };
}

/** The group that made a packed task fail; `index` itself where the failure names no file of the task. */
function failedGroup(
  { group, groupCount = 1, failure }: TaskRecord,
  groups: readonly FileGroupRecord[],
  index: number,
) {
  if (failure?.file === undefined) return index;
  const hasFile = ({ files }: FileGroupRecord) => files.some(({ path }) => path === failure.file);
  const first = groups.slice(group, group + groupCount).findIndex(hasFile);
  return first < 0 ? -1 : group + first;
}

function partOfFindings(
  { sets, rejected, mappings }: ImportFindings,
  set: number,
  { files }: FileGroupRecord,
): ImportFindings {
  const isOfSet = ({ file }: RejectedRowRecord) => files.some(({ path }) => path === file);
  return { sets: sets.slice(set, set + 1), rejected: rejected.filter(isOfSet), ...(mappings && { mappings }) };
}

/** Of all files of a group. */
export function bytesOf({ files }: FileGroupRecord): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

/**
 * What is shown of one file or set.
 * @param tasks see `partsByGroup`
 * @param isOver its job has ended
 */
export function detailOf(group: FileGroupRecord, tasks: readonly TaskRecord[], isOver: boolean): rootCoord.JobDetail {
  const failure = tasks.find((task) => task.state === "failed")?.failure;
  const state = stateOfAll(tasks);
  const total = totalRows(tasks);
  const percents = tasks.map(taskPercent);
  const begun = tasks.filter((task) => task.startedMs > 0).map((task) => task.startedMs);
  return {
    paths: group.shownAs === undefined ? group.files.map((file) => file.path) : [group.shownAs],
    sizeBytes: BigInt(bytesOf(group)),
    progressPercent: Math.floor(percents.reduce((sum, percent) => sum + percent, 0) / Math.max(1, percents.length)),
    state: isOver && isOpenTask(state) ? endWithJob(tasks) : detailStates[state],
    importedRows: BigInt(tasks.reduce((sum, task) => sum + task.rowCount, 0)),
    totalRows: BigInt(total.rows),
    totalRowsEstimated: total.isEstimate,
    startedMs: BigInt(begun.length > 0 ? Math.min(...begun) : 0),
    completedMs: BigInt(state === "persisted" ? Math.max(...tasks.map((task) => task.endedMs)) : 0),
    reason: failure ? reasonText(failure) : "",
    nodeIds: nodesOf(tasks),
    warnings: [...new Set(tasks.flatMap((task) => task.warnings))],
    endedAttempts: tasks.flatMap(endedAttempts),
    ...rejectedOf(tasks),
    mapping: mappingText(tasks),
  };
}

/** The rows of a file that were left out, of all tasks that read it. */
function rejectedOf(tasks: readonly TaskRecord[]) {
  const findings = tasks.flatMap((task) => task.findings ?? []);
  const objects = findings.flatMap(({ sets }) => sets.flatMap((set) => set.objects ?? []));
  return {
    duplicateRows: BigInt(duplicateRowsIn(tasks)),
    rejectedRows: BigInt(rejectedRowsIn(tasks)),
    rejected: findings.flatMap(({ rejected }) => rejected.map(rejectedMessage)).slice(0, MAX_NAMED_ROWS),
    rejectedRowKeys: objects.flatMap(({ rows }) => rows),
    rejectedReasonKeys: objects.flatMap(({ reasons }) => reasons),
  };
}

/** Of a dry run, of all tasks that have read the file: as JSON, empty where nothing is known. */
function mappingText(tasks: readonly TaskRecord[]): string {
  const mappings = tasks.flatMap(({ findings }) => {
    const mapping = findings?.sets[0]?.mapping;
    return mapping === undefined ? [] : [findings?.mappings?.[mapping] ?? []];
  });
  if (mappings.length === 0) return "";
  const [first] = mappings;
  return JSON.stringify(first.map((one, i) => joined(mappings.map((mapping) => mapping[i] ?? one))));
}

/** The sources of one field in all parts of a file. */
function joined(parts: readonly FieldMapping[]): FieldMapping {
  const sources = [...new Set(parts.flatMap((part) => part.sources ?? []))];
  return { ...parts[0], ...(sources.length > 0 && { sources }) };
}

function rejectedMessage(row: RejectedRowRecord) {
  return failureMessage({ code: "value_invalid", ...row });
}

/** Of all sets of all tasks. */
export function rejectedRowsIn(tasks: readonly TaskRecord[]): number {
  return tasks.reduce((sum, { findings }) => sum + rejectedRowsOf(findings), 0);
}

/** Rows that were left out because of their keys. */
export function duplicateRowsIn(tasks: readonly TaskRecord[]): number {
  return tasks.reduce((sum, { findings }) => sum + duplicateRowsOf(findings), 0);
}

function endedAttempts({ taskId, endedAttempts }: TaskRecord): rootCoord.EndedAttempt[] {
  return endedAttempts.map(({ attempt, nodeId, startedMs, endedMs, cause }) => ({
    ...{ taskId, attempt: BigInt(attempt), nodeId, cause },
    ...{ startedMs: BigInt(startedMs), endedMs: BigInt(endedMs) },
  }));
}

/** Of the tasks of one group: failed when one is, persisted when all are, running when any was begun. */
function stateOfAll(tasks: readonly TaskRecord[]): TaskState {
  if (tasks.some((task) => task.state === "failed")) return "failed";
  if (tasks.every((task) => task.state === "pending")) return "pending";
  return tasks.every((task) => task.state === "persisted") ? "persisted" : "running";
}

/** Datanodes that work or have worked on the tasks' current attempts, each once. */
export function nodesOf(tasks: readonly TaskRecord[]): bigint[] {
  const nodes = new Set<bigint>();
  for (const { nodeId } of tasks) if (nodeId !== 0n) nodes.add(nodeId);
  return [...nodes];
}

/** Milvus's wording first, then the place: `<detail>: importing data failed (books.jsonl, row 7, field "v", byte 12)`. */
export function reasonText(failure: Failure): string {
  return `${failure.reason}${formatLocation(failure)}`;
}
