import type { dataCoord } from "@sluice/rpc";

/** New segments for buckets, and a range of log ids. */
export type AssignSegments = (
  buckets: dataCoord.SegmentBucket[],
  logIds: number,
) => Promise<Pick<dataCoord.AssignSegmentsResponse, "segmentIds" | "firstLogId">>;

/** What the first logs of a few segments take; see `LogIdBlocks`. */
const LOG_IDS_BESIDE = 64;

/**
 * Segment and log ids of one attempt. Who asks for segments is about to write their logs: ids for these come with the answer,
 * so that a small task asks once.
 */
export class AttemptIds {
  readonly #assign: AssignSegments;
  /** First of the log ids that nobody has asked for yet. */
  #beside: bigint | undefined;

  constructor(assign: AssignSegments) {
    this.#assign = assign;
  }

  async segments(buckets: readonly dataCoord.SegmentBucket[]): Promise<bigint[]> {
    const wanted = this.#beside === undefined ? LOG_IDS_BESIDE : 0;
    const { segmentIds, firstLogId } = await this.#assign([...buckets], wanted);
    if (wanted > 0) this.#beside = firstLogId;
    return segmentIds;
  }

  /** The first of `count` log ids, greater than all that were answered before. */
  async logIds(count: number): Promise<bigint> {
    const beside = this.#beside;
    // Once later ones are given, these would not ascend.
    this.#beside = undefined;
    if (beside !== undefined && count <= LOG_IDS_BESIDE) return beside;
    return (await this.#assign([], count)).firstLogId;
  }
}
