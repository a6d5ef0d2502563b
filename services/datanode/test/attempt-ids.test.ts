import { expect, it } from "@jest/globals";
import { AttemptIds } from "../src/attempt-ids.ts";

const buckets = (count: number) => Array.from({ length: count }, () => ({ partitionId: 1n, vchannel: "v0" }));

/** A datacoord that counts on, and what it was asked. */
function assigning() {
  const asked: [segments: number, logIds: number][] = [];
  let next = 1000n;
  const take = (count: number) => {
    const first = next;
    next += BigInt(count);
    return first;
  };
  const ids = new AttemptIds(async (wanted, logIds) => {
    asked.push([wanted.length, logIds]);
    const first = take(wanted.length + logIds);
    const segmentIds = wanted.map((_, i) => first + BigInt(i));
    return { segmentIds, firstLogId: first + BigInt(wanted.length) };
  });
  return { ids, asked };
}

it("segments bring the ids of their first logs: one call in all", async () => {
  const { ids, asked } = assigning();
  expect(await ids.segments(buckets(2))).toEqual([1000n, 1001n]);
  expect(await ids.logIds(64)).toBe(1002n);
  expect(asked).toEqual([[2, 64]]);
});

it("log ids are given once", async () => {
  const { ids, asked } = assigning();
  await ids.segments(buckets(1));
  const given = [await ids.logIds(64), await ids.logIds(64)];
  expect(given).toEqual([1001n, 1065n]);
  expect(asked).toEqual([
    [1, 64],
    [0, 64],
  ]);
});

it("log ids ascend: those that came beside segments are left once others were given", async () => {
  const { ids } = assigning();
  await ids.segments(buckets(1));
  const many = await ids.logIds(4096);
  expect(await ids.logIds(64)).toBeGreaterThanOrEqual(many + 4096n);
});

it("segments ask for log ids once, until these are used", async () => {
  const { ids, asked } = assigning();
  await ids.segments(buckets(1));
  await ids.segments(buckets(3));
  expect(asked).toEqual([
    [1, 64],
    [3, 0],
  ]);
  expect(await ids.logIds(8)).toBe(1001n);
});
