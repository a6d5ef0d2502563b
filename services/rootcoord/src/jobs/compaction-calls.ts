import { StatusError, statusCodes } from "@sluice/errors";
import { isEnded, specOf } from "@sluice/jobs";
import { common, milvus, okStatus } from "@sluice/rpc";
import { jobId } from "@sluice/schema";
import type { RootCoordHandlers } from "../ddl/index.ts";
import type { Compactions } from "./compactions.ts";
import type { JobBook, JobView } from "./job-book.ts";

/** What Milvus answers where there is nothing to merge. */
const NO_COMPACTION = -1n;
/** `target_size` counts in these. */
const MEBIBYTE_BITS = 20n;
const INT64_MAX = 2n ** 63n - 1n;

/** What calls about compactions need; `resolveCollection` finds the collection as every other call does. */
export interface CompactionCallsDeps {
  readonly book: JobBook;
  readonly compactions: Pick<Compactions, "ask">;
  readonly resolveCollection: RootCoordHandlers["resolveCollection"];
}

type CompactionMethod = "manualCompaction" | "getCompactionState" | "getCompactionStateWithPlans";

/** The public calls about compaction. A compaction's id is that of its job, a plan is one merge. */
export function compactionHandlers(deps: CompactionCallsDeps): Pick<RootCoordHandlers, CompactionMethod> {
  const viewOf = (id: bigint) => {
    const view = deps.book.get(jobId(id));
    return view?.job.kind === "compaction" ? view : undefined;
  };
  return {
    manualCompaction: (request) => askFor(request, deps),
    getCompactionState: async ({ compactionID }) => stateOf(viewOf(compactionID)),
    getCompactionStateWithPlans: async ({ compactionID }) => plansOf(viewOf(compactionID)),
  };
}

/** @throws {StatusError} 100, 800, 1100 */
async function askFor(
  request: milvus.ManualCompactionRequest,
  { book, compactions, resolveCollection }: CompactionCallsDeps,
): Promise<milvus.ManualCompactionResponse> {
  refuseOthers(request);
  const { dbName, collectionName, collectionID, partitionId, channel, segmentIds } = request;
  const { collectionId } = await resolveCollection({ dbName, collectionName, collectionId: collectionID });
  // Deletes have no segments of their own.
  const targetBytes = targetBytesOf(request);
  const id = request.l0Compaction
    ? undefined
    : await compactions.ask({ collectionId, partitionId, vchannel: channel, segmentIds, targetBytes });
  const job = id === undefined ? undefined : book.get(id)?.job;
  return {
    status: okStatus(),
    compactionID: job?.jobId ?? NO_COMPACTION,
    compactionPlanCount: job ? specOf(job, "compaction").merges.length : 0,
  };
}

/** A target beyond what datanodes seal is allowed, as in Milvus, whose `optimize` and benchmarks ask for the largest there is. */
function targetBytesOf({ targetSize }: milvus.ManualCompactionRequest): bigint {
  const bytes = targetSize << MEBIBYTE_BITS;
  return bytes < INT64_MAX ? bytes : INT64_MAX;
}

function refuseOthers({ majorCompaction, targetSize }: milvus.ManualCompactionRequest): void {
  const refuse = (reason: string) => {
    throw new StatusError(statusCodes.invalidParameter, `${reason}: invalid parameter`);
  };
  if (majorCompaction)
    refuse("clustering compaction is not supported by this server: leave it out to merge small segments");
  if (targetSize < 0n) refuse(`target_size is ${targetSize}, expected a number of MiB, or 0 to merge small segments`);
}

/** Nothing of a compaction counts before all of it does. One that nobody remembers has ended. */
function stateOf(view: JobView | undefined): milvus.GetCompactionStateResponse {
  const plans = view ? BigInt(specOf(view.job, "compaction").merges.length) : 0n;
  const state = view?.job.state ?? "completed";
  return {
    status: okStatus(),
    state: publicState(view),
    executingPlanNo: isEnded(state) ? 0n : plans,
    timeoutPlanNo: 0n,
    completedPlanNo: state === "completed" ? plans : 0n,
    failedPlanNo: state === "failed" ? plans : 0n,
  };
}

/** What each segment is made of; 0 as long as it is not visible. */
function plansOf(view: JobView | undefined): milvus.GetCompactionPlansResponse {
  const merges = view ? specOf(view.job, "compaction").merges : [];
  const targets = view?.job.state === "completed" ? view.tasks.flatMap((task) => task.groupSegments ?? []) : [];
  return milvus.GetCompactionPlansResponse.fromPartial({
    status: okStatus(),
    state: publicState(view),
    mergeInfos: merges.map(({ segmentIds }, i) => ({ sources: [...segmentIds], target: targets[i] ?? 0n })),
  });
}

function publicState(view: JobView | undefined): common.CompactionState {
  return view && !isEnded(view.job.state) ? common.CompactionState.Executing : common.CompactionState.Completed;
}
