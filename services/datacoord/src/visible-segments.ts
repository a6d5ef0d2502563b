import type { SegmentExtension, SegmentRecord } from "@sluice/catalog";
import { type dataCoord, logListsOfMessage, okStatus, segmentMessage } from "@sluice/rpc";
import { collectionId, jobId, type SegmentId, segmentId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import { type NewChange, snapshotGone } from "./change.ts";
import type { ChangeBook } from "./change-book.ts";
import { extended } from "./extended-segment.ts";
import type { DataCoordMetrics } from "./metrics.ts";
import type { CarriedDeletes } from "./rows/carried-deletes.ts";
import type { ImportedDeleteRows, ImportedDeletes } from "./rows/imported-deletes.ts";
import type { SegmentBook } from "./segment-book.ts";

/** Deletes that a change brings besides what it says: of what it merges, and of what it imports. */
export interface ChangeDeletes {
  readonly carried: Pick<CarriedDeletes, "of">;
  readonly imported: Pick<ImportedDeletes, "of">;
}

/** Changes what is visible, and answers what is. */
export class VisibleSegments {
  readonly #segments: SegmentBook;
  readonly #changes: ChangeBook;
  readonly #log: Logger;
  readonly #metrics: DataCoordMetrics | undefined;
  readonly #deletes: ChangeDeletes | undefined;
  constructor(
    segments: SegmentBook,
    changes: ChangeBook,
    log: Logger,
    metrics?: DataCoordMetrics,
    deletes?: ChangeDeletes,
  ) {
    this.#deletes = deletes;
    this.#segments = segments;
    this.#changes = changes;
    this.#log = log;
    this.#metrics = metrics;
  }

  /** One record for all that changes. A second call answers the first one's record. @throws as `ChangeBook.commit` */
  async commit(request: dataCoord.CommitChangeRequest): Promise<dataCoord.CommitChangeResponse> {
    const change = this.#newChange(request);
    const carried = await this.#carried(change);
    const deleted = await this.#imported(request, change);
    const { record, isNew } = await this.#changes.commit({
      ...{ ...change, extends: [...change.extends, ...carried, ...(deleted?.extensions ?? [])] },
      ...(deleted && { deleteCount: deleted.rowCount }),
    });
    const { commitTs, adds, removes, rowCount, deleteCount } = record;
    if (isNew) {
      this.#metrics?.committed(Math.max(0, rowCount - this.#rowsOf(removes)));
      const about = { jobId: request.jobId.toString(), segments: adds.length, rows: rowCount, removed: removes.length };
      this.#log.info("visible segments changed", about);
    }
    return {
      status: okStatus(),
      commitTimestamp: commitTs,
      segmentIds: [...adds],
      rowCount: BigInt(deleteCount ?? rowCount),
    };
  }

  /** Of segments that are merged, the deletes that came meanwhile. A change that is made already, or refused, has none. */
  #carried({ collectionId: collection, removes, adds }: NewChange): SegmentExtension[] | Promise<SegmentExtension[]> {
    const visible = this.#changes.visible(collection);
    const recordOf = (id: SegmentId) => {
      const record = this.#segments.get(id);
      return record ? [extended(record, visible.get(id))] : [];
    };
    if (!this.#deletes || !removes.every((id) => visible.has(id))) return [];
    return this.#deletes.carried.of(collection, removes.flatMap(recordOf), adds.flatMap(recordOf));
  }

  /** Of deletes that were imported without rows, the rows that they concern. Undefined: there are none, or the change is made already. */
  async #imported(
    request: dataCoord.CommitChangeRequest,
    { collectionId: collection, changeId }: NewChange,
  ): Promise<ImportedDeleteRows | undefined> {
    const imported = this.#acceptedOf(request).filter(isOfDeletes);
    if (!this.#deletes || imported.length === 0 || this.#changes.isMade(collection, changeId)) return undefined;
    const wanted = new Set(request.partitionIds);
    const visible = [...this.#changes.visible(collection)].flatMap(([id, visibility]) => {
      const record = this.#segments.get(id);
      if (record?.state !== "sealed" || !wanted.has(record.partitionId)) return [];
      return [{ record: extended(record, visibility), commitTs: visibility.commitTs }];
    });
    return this.#deletes.imported.of(collection, imported, visible);
  }

  #rowsOf(segments: readonly SegmentId[]): number {
    return segments.reduce((sum, id) => sum + (this.#segments.get(id)?.rowCount ?? 0), 0);
  }

  /** What the accepted attempts have made. */
  #acceptedOf(request: dataCoord.CommitChangeRequest): SegmentRecord[] {
    const accepted = new Map(request.accepted.map(({ taskId, attempt }) => [taskId, attempt]));
    return this.#segments
      .ofJob(jobId(request.jobId))
      .filter((record) => record.state === "sealed" && accepted.get(record.taskId) === BigInt(record.attempt));
  }

  #newChange(request: dataCoord.CommitChangeRequest): NewChange {
    const added = this.#acceptedOf(request).filter((record) => !isOfDeletes(record));
    return {
      collectionId: collectionId(request.collectionId),
      changeId: request.changeId,
      adds: added.map((segment) => segment.segmentId).sort((a, b) => (a < b ? -1 : 1)),
      removes: request.removes.map(segmentId),
      extends: request.extends.map((one) => ({ segmentId: segmentId(one.segmentId), ...logListsOfMessage(one.logs) })),
      rowCount: added.reduce((sum, { rowCount, deletedRows = 0 }) => sum + rowCount - deletedRows, 0),
    };
  }

  /** The segments that a read started now must see, or one that has begun at the request's timestamp. */
  async visible(request: dataCoord.GetVisibleSegmentsRequest): Promise<dataCoord.GetVisibleSegmentsResponse> {
    const collection = collectionId(request.collectionId);
    const { timestamp, visible } = await this.#changes.snapshot(collection, request.timestamp);
    const wanted = new Set(request.partitionIds);
    const { segmentIds } = request;
    const asked = segmentIds.length > 0 ? segmentIds.map(segmentId) : [...visible.keys()];
    const segments = asked.flatMap((id) => {
      const visibility = visible.get(id);
      if (!visibility) return [];
      const record = this.#segments.get(id);
      if (record?.state !== "sealed") return this.#checkRemoved(request, id);
      if (wanted.size > 0 && !wanted.has(record.partitionId)) return [];
      return [segmentMessage(extended(record, visibility), visibility.commitTs)];
    });
    return { status: okStatus(), segments, timestamp };
  }

  /** Of a dropped partition nothing is missed; what a change has removed is, by a snapshot from before it. */
  #checkRemoved({ collectionId: id, timestamp }: dataCoord.GetVisibleSegmentsRequest, segment: bigint): [] {
    if (this.#changes.removedTs(collectionId(id), segmentId(segment)) === undefined) return [];
    throw snapshotGone(timestamp);
  }

  /** Those of some segments that no read can see any more, whenever it began: they, or the grace of what replaced them, are over. */
  goneOf(segmentIds: readonly bigint[]): bigint[] {
    return segmentIds.filter((id) => this.#segments.get(segmentId(id))?.state !== "sealed");
  }

  /** Visible rows and segments now, of each partition that has any; rows that are deleted do not count. */
  rowCounts(request: dataCoord.GetRowCountsRequest): dataCoord.GetRowCountsResponse {
    const partitions = new Map<bigint, dataCoord.PartitionRows>();
    let rowCount = 0n;
    for (const [id, visibility] of this.#changes.visible(collectionId(request.collectionId))) {
      const record = this.#segments.get(id);
      if (record?.state !== "sealed") continue;
      const { partitionId, deletedRows = 0 } = extended(record, visibility);
      const entry = partitions.get(partitionId) ?? { partitionId, rowCount: 0n, segments: 0n };
      const rows = BigInt(record.rowCount - deletedRows);
      partitions.set(partitionId, { ...entry, rowCount: entry.rowCount + rows, segments: entry.segments + 1n });
      rowCount += rows;
    }
    return { status: okStatus(), rowCount, partitions: [...partitions.values()] };
  }
}

/** Whether a segment has no rows, and deletes of others. */
function isOfDeletes({ insertLogs, deltaLogs }: SegmentRecord): boolean {
  return insertLogs.length === 0 && deltaLogs !== undefined;
}
