import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { okStatus } from "@sluice/rpc";
import { silentLogger } from "@sluice/telemetry";
import { GoneSegments } from "../src/cache/gone-segments.ts";

it("what is kept of segments that have gone is let go of, also after an answer that did not come", async () => {
  const kept = new Set(["1/stats", "1/100/7", "2/100/8", "3/live/9/", "12/100/1"]);
  const cache = {
    get keys() {
      return [...kept];
    },
    forget: (key: string) => void kept.delete(key),
  };
  let calls = 0;
  const findGoneSegments = async ({ segmentIds = [] as bigint[] }) => {
    if (++calls === 1) throw new Error("no datacoord");
    return { status: okStatus(), segmentIds: segmentIds.filter((id) => id !== 2n && id !== 12n) };
  };
  await using _gone = new GoneSegments(cache, { findGoneSegments } as never, silentLogger, 1);
  while (calls < 3) await sleep(1);
  expect([...kept]).toEqual(["2/100/8", "12/100/1"]);
});
