import type { SegmentRecord } from "@sluice/catalog";
import { chooseMerges, type MergeOccasion, type SegmentBounds } from "@sluice/jobs";
import { type dataCoord, okStatus } from "@sluice/rpc";
import { type CollectionId, collectionId, physicalMs, type SegmentId, segmentId } from "@sluice/schema";
import { maxSegmentRows } from "@sluice/segment";
import type { ChangeBook } from "./change-book.ts";
import type { DataNodes } from "./datanodes.ts";
import { extended } from "./extended-segment.ts";
import type { SegmentBook } from "./segment-book.ts";

/** Segments that one compaction replaces: their ids stand in the records of its job and its change. */
const MAX_PLAN_SEGMENTS = 8192;
/** Bytes of rows that one merges, unless a single segment has more: it becomes visible as a whole, when all is written. */
const MAX_PLAN_BYTES = 1 << 30;
/** Part of a segment's rows that may be deleted before it is written again without them. */
const DELETED_PART = 0.2;
/** Plans of one answer: more come with the next. */
const MAX_PLANS = 64;

type SegmentMerge = dataCoord.SegmentMerge;

/** Which visible segments are worth merging. It reads what the datacoord has in memory, and changes nothing. */
export class SmallSegments {
  readonly #segments: SegmentBook;
  readonly #changes: ChangeBook;
  readonly #nodes: DataNodes;
  readonly #now: () => number;
  /** Collections where there was nothing to merge although they were quiet, as of their last change. */
  #settled: ReadonlyMap<CollectionId, bigint> = new Map();

  constructor(segments: SegmentBook, changes: ChangeBook, nodes: DataNodes, now: () => number) {
    this.#segments = segments;
    this.#changes = changes;
    this.#nodes = nodes;
    this.#now = now;
  }

  /** What is due, or, for `asked`, all of a collection that can be merged; nothing while no datanode reports. */
  plan({ quietMs, exceptSegmentIds, asked }: dataCoord.PlanCompactionsRequest): dataCoord.PlanCompactionsResponse {
    const nodes = this.#nodes.alive();
    const slots = BigInt(nodes.reduce((sum, { largeWorkers }) => sum + largeWorkers, 0));
    const except = new Set(exceptSegmentIds.map(segmentId));
    // Whoever takes the task must be able to hold what it makes.
    const bounds = { segmentBytes: Math.min(...nodes.map((node) => node.segmentBytes)), maxRows: maxSegmentRows };
    if (nodes.length === 0) return { status: okStatus(), plans: [], slots };
    const plans = asked ? this.#asked(asked, bounds, except) : this.#due(Number(quietMs), bounds, except);
    return { status: okStatus(), plans, slots };
  }

  #asked(
    asked: dataCoord.AskedCompaction,
    bounds: SegmentBounds,
    except: ReadonlySet<SegmentId>,
  ): dataCoord.CompactionPlan[] {
    const ids = new Set(asked.segmentIds);
    const isWanted = ({ segmentId: id, partitionId, vchannel }: SegmentRecord) =>
      (ids.size === 0 || ids.has(id)) &&
      (asked.partitionId === 0n || asked.partitionId === partitionId) &&
      (asked.vchannel === "" || asked.vchannel === vchannel) &&
      !except.has(id);
    const wanted = { ...bounds, segmentBytes: Math.min(bounds.segmentBytes, Number(asked.targetBytes)) };
    const id = collectionId(asked.collectionId);
    const merges =
      asked.targetBytes > 0n
        ? this.#mergesOf(id, wanted, "forced", isWanted)
        : this.#mergesOf(id, bounds, "asked", isWanted);
    return plansOf(asked.collectionId, merges, Number.POSITIVE_INFINITY).slice(0, 1);
  }

  /** Those that replace most come first. */
  #due(quietMs: number, bounds: SegmentBounds, except: ReadonlySet<SegmentId>): dataCoord.CompactionPlan[] {
    const plans: dataCoord.CompactionPlan[] = [];
    const settled = new Map<CollectionId, bigint>();
    const isWanted = ({ segmentId: id }: SegmentRecord) => !except.has(id);
    for (const { collectionId: id, lastTs, lastAddTs } of this.#changes.collections()) {
      const isQuiet = this.#now() - physicalMs(lastAddTs) >= quietMs;
      const isSettled = this.#settled.get(id) === lastTs;
      const merges = isSettled ? [] : this.#mergesOf(id, bounds, isQuiet ? "quiet" : "busy", isWanted);
      plans.push(...plansOf(id, merges, MAX_PLAN_BYTES));
      if (isSettled || (isQuiet && merges.length === 0 && except.size === 0)) settled.set(id, lastTs);
    }
    this.#settled = settled;
    return plans.sort((a, b) => segmentsOf(b.merges) - segmentsOf(a.merges)).slice(0, MAX_PLANS);
  }

  #mergesOf(
    id: CollectionId,
    bounds: SegmentBounds,
    occasion: MergeOccasion,
    isWanted: (record: SegmentRecord) => boolean,
  ): SegmentMerge[] {
    const records = [...this.#changes.visible(id)].flatMap(([segment, visibility]) => {
      const record = this.#segments.get(segment);
      return record ? [extended(record, visibility)] : [];
    });
    const wanted = records.filter((record) => record.state === "sealed" && isWanted(record));
    const shards = Map.groupBy(wanted, ({ partitionId, vchannel }) => `${partitionId}/${vchannel}`);
    return [...shards.values()].flatMap((shard) => {
      const merges = chooseMerges(shard, bounds, occasion);
      const merged = new Set(merges.flat());
      const others = shard.filter((record) => !merged.has(record.segmentId) && isWorthWriting(record, occasion));
      return [...merges, ...others.map((record) => [record.segmentId])].map((ids) => this.#mergeOf(shard[0], ids));
    });
  }

  #mergeOf({ partitionId, vchannel }: SegmentRecord, segmentIds: SegmentId[]): SegmentMerge {
    const bytes = segmentIds.reduce((sum, id) => sum + (this.#segments.get(id)?.memoryBytes ?? 0), 0);
    return { partitionId, vchannel, segmentIds, memoryBytes: BigInt(bytes) };
  }
}

/** Whether a segment is written again for the rows that it has lost: a part of them, or any when somebody asks. */
function isWorthWriting({ rowCount, deletedRows = 0 }: SegmentRecord, occasion: MergeOccasion): boolean {
  return deletedRows > (occasion === "asked" ? 0 : rowCount * DELETED_PART);
}

function segmentsOf(merges: readonly SegmentMerge[]): number {
  return merges.reduce((sum, { segmentIds }) => sum + segmentIds.length, 0);
}

function plansOf(id: bigint, merges: readonly SegmentMerge[], maxBytes: number): dataCoord.CompactionPlan[] {
  const plans: dataCoord.CompactionPlan[] = [];
  let [bytes, segments] = [0, 0];
  for (const merge of merges) {
    bytes += Number(merge.memoryBytes);
    segments += merge.segmentIds.length;
    const open = plans.at(-1);
    if (open && bytes <= maxBytes && segments <= MAX_PLAN_SEGMENTS) open.merges.push(merge);
    else {
      plans.push({ collectionId: id, merges: [merge] });
      [bytes, segments] = [Number(merge.memoryBytes), merge.segmentIds.length];
    }
  }
  return plans;
}
