import type { RunTask } from "@sluice/datanode";

/** What is asked of a copy; in the product it would stand in `libs/jobs/src/kinds.ts`. */
export interface DuplicateSpec {
  readonly segments: readonly { readonly from: bigint; readonly rowCount: number }[];
  /** Whether the copies take the place of what was copied. */
  readonly moves: boolean;
}

/** One segment to be copied, and where to. */
export interface CopyInput {
  readonly from: bigint;
  readonly rowCount: number;
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly vchannel: string;
}

/** Second file of the kind: what a datanode does. This one copies nothing; it takes an id as a copy would, and seals. */
export const runDuplicate: RunTask<CopyInput> = async (input, { ids, onProgress, warn, now }) => {
  const { from, rowCount, collectionId, partitionId, vchannel } = input;
  const [segmentId] = await ids.segments([{ partitionId, vchannel }]);
  onProgress(rowCount, 1);
  warn(`segment ${from} was copied without its rows`);
  const place = { segmentId, collectionId, partitionId, vchannel, rowCount };
  const logs = { insertLogs: [], statsLogs: [], sizeBytes: 0, memoryBytes: 0 };
  return { rowCount, segments: [{ ...place, ...logs, timestamp: BigInt(now()) << 18n }], autoIds: [] };
};
