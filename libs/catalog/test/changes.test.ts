import { describe, expect, it } from "@jest/globals";
import { applyChange, type ChangeRecord, visibleAfter } from "@sluice/catalog";
import { collectionId, type SegmentId, segmentId } from "@sluice/schema";
import fc from "fast-check";

type Parts = Partial<Record<"adds" | "removes" | "extends", readonly number[]>>;

function change(commitTs: number, { adds = [], removes = [], extends: extended = [] }: Parts): ChangeRecord {
  const ids = (list: readonly number[]) => list.map((id) => segmentId(BigInt(id)));
  const logs = [{ fieldId: 200, logIds: [BigInt(commitTs)], rowCounts: [1], sizesBytes: [1] }];
  return {
    collectionId: collectionId(1n),
    changeId: BigInt(commitTs),
    commitTs: BigInt(commitTs),
    adds: ids(adds),
    removes: ids(removes),
    extends: ids(extended).map((id) => ({ segmentId: id, insertLogs: logs, statsLogs: [] })),
    rowCount: 0,
  };
}

const idsOf = (visible: ReadonlyMap<SegmentId, unknown>) => [...visible.keys()].map(Number).sort((a, b) => a - b);

describe("what is visible", () => {
  const history = [
    change(10, { adds: [1, 2] }),
    change(20, { adds: [3] }),
    change(30, { adds: [4], removes: [1, 2] }),
    change(40, { extends: [3] }),
    change(50, { removes: [3] }),
  ];

  it.each([
    [9n, []],
    [10n, [1, 2]],
    [20n, [1, 2, 3]],
    [29n, [1, 2, 3]],
    [30n, [3, 4]],
    [50n, [4]],
    [undefined, [4]],
  ])("at %s is what the changes up to it have left: %j", (timestamp, ids) => {
    expect(idsOf(visibleAfter(history, timestamp))).toEqual(ids);
  });

  it("a segment keeps the timestamp it came with, and has what later changes gave it", () => {
    expect(visibleAfter(history, 40n).get(segmentId(3n))).toMatchObject({
      commitTs: 20n,
      extension: { insertLogs: [{ fieldId: 200, logIds: [40n] }] },
    });
  });

  it("is the same whether changes are applied one by one or all at once", () => {
    const list = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 4 });
    const parts = fc.array(fc.record({ adds: list, removes: list, extends: list }), { maxLength: 20 });
    fc.assert(
      fc.property(parts, (steps) => {
        const changes = steps.map((step, i) => change(i + 1, step));
        const visible = new Map();
        for (const [i, one] of changes.entries()) {
          applyChange(visible, one);
          expect(visible).toEqual(visibleAfter(changes, BigInt(i + 1)));
        }
      }),
      { seed: 3 },
    );
  });
});
