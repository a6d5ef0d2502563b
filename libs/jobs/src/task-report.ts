import type { Failure } from "@sluice/errors";
import type { NodeId, SegmentId, TaskId } from "@sluice/schema";
import type { ImportFindings } from "./import-findings.ts";

/** How far an attempt is, or how it ended. */
export type TaskProgress =
  | { readonly state: "running"; readonly rowCount: number; readonly processedBytes: number }
  /** All that it made is sealed and saved. */
  | {
      readonly state: "persisted";
      readonly rowCount: number;
      /** Of each group, where the task has several. */
      readonly groupRows?: readonly number[];
      /** Of each group the segment that it became, where that is one. */
      readonly groupSegments?: readonly SegmentId[];
      readonly autoIds: readonly bigint[];
      /** What the user should know of the input, although it was taken. */
      readonly warnings: readonly string[];
      /** Of each warning, the group that it is about, where the task has several. */
      readonly warningGroups?: readonly number[];
      readonly findings?: ImportFindings;
    }
  | { readonly state: "failed"; readonly failure: Failure }
  /** The node was told to stop before it was done; the task waits for another one. */
  | { readonly state: "handed_back" };

/** What a datanode says of one attempt of a task. */
export interface TaskReport {
  readonly taskId: TaskId;
  readonly attempt: number;
  readonly nodeId: NodeId;
  readonly progress: TaskProgress;
}
