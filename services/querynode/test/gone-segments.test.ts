import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { okStatus } from "@sluice/rpc";
import { silentLogger } from "@sluice/telemetry";
import { GoneSegments } from "../src/cache/gone-segments.ts";

it("what is kept of segments that have gone is let go of, also after an answer that did not come", async () => {
  const kept = new Set([1n, 2n, 3n]);
  const rows = {
    cachedSegments: kept,
    forget: (gone: ReadonlySet<bigint>) => void [...gone].map((id) => kept.delete(id)),
  };
  let calls = 0;
  const findGoneSegments = async ({ segmentIds = [] as bigint[] }) => {
    if (++calls === 1) throw new Error("no datacoord");
    return { status: okStatus(), segmentIds: segmentIds.filter((id) => id !== 2n) };
  };
  await using _gone = new GoneSegments(rows, { findGoneSegments } as never, silentLogger, 1);
  while (calls < 3) await sleep(1);
  expect([...kept]).toEqual([2n]);
});
