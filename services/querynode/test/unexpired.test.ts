import { describe, expect, it } from "@jest/globals";
import { dataCoord } from "@sluice/rpc";
import { composeTso } from "@sluice/schema";
import { unexpiredSegments } from "../src/unexpired.ts";

const at = (seconds: number) => composeTso(seconds * 1000);

/** Segments with the second of their change and, of a merged one, those of its first and last rows. */
function visible(...segments: [commit: number, first?: number, last?: number][]) {
  return dataCoord.GetVisibleSegmentsResponse.fromPartial({
    timestamp: at(100),
    segments: segments.map(([commit, first, last], i) => ({
      segmentId: BigInt(i),
      commitTimestamp: at(commit),
      ...(first !== undefined && { minRowTimestamp: at(first), maxRowTimestamp: at(last ?? 0) }),
    })),
  });
}

describe("rows expire", () => {
  const left = (ttlSeconds: bigint, ...segments: Parameters<typeof visible>) =>
    unexpiredSegments(visible(...segments), ttlSeconds).map(({ logs, expiredTs }) => [logs.segmentId, expiredTs]);

  it("with the change that added them", () => {
    expect(left(10n, [89], [90], [91])).toEqual([[2n, undefined]]);
    expect(left(0n, [1])).toEqual([[0n, undefined]]);
  });

  it("of a merged segment each by its own time, however late it was merged", () => {
    expect(left(10n, [99, 80, 90], [99, 80, 95], [99, 91, 95])).toEqual([
      [1n, at(90)],
      [2n, undefined],
    ]);
  });
});
