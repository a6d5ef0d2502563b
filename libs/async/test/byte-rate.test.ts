import { expect, it } from "@jest/globals";
import { ByteRate } from "@sluice/async";

const tookMs = async (run: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now();
  await run();
  return performance.now() - beganMs;
};

/** Before anything else of this process gets its turn. */
const isAtOnce = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([work.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))]);

it("lets so many bytes a second through, also for several at once", async () => {
  const fiveOf = (rate: ByteRate) => Promise.all(Array.from({ length: 5 }, () => rate.take(40_000)));
  expect(await tookMs(() => fiveOf(new ByteRate(1_000_000)))).toBeGreaterThan(195);
});

it("makes up for time that was spent on what was let through, up to a second", async () => {
  let nowMs = 0;
  const rate = new ByteRate(1000, () => nowMs);
  nowMs = 60_000;
  expect(await isAtOnce(rate.take(1000))).toBe(true);
  expect(await tookMs(() => rate.take(100))).toBeGreaterThan(95);
});

it("ends with its signal, and knows no limit of 0", async () => {
  await new ByteRate(0).take(Number.MAX_SAFE_INTEGER);
  const reason = new Error("enough");
  const ended = new AbortController();
  setTimeout(() => ended.abort(reason), 10);
  await expect(new ByteRate(1).take(1_000_000, ended.signal)).rejects.toBe(reason);
});
