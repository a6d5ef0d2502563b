import { expect, it } from "@jest/globals";
import { Batches } from "@sluice/async";

/** Batches whose runs end when the test says so. */
function held(options: { concurrency?: number; fitting?: (waiting: readonly number[]) => number } = {}) {
  const runs: { readonly items: readonly number[]; end(): void; fail(error: Error): void }[] = [];
  const run = (items: readonly number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>();
    runs.push({ items, end: () => resolve(items.map((item) => item * 10)), fail: reject });
    return promise;
  };
  return { batches: new Batches({ run, ...options }), runs, items: () => runs.map((one) => one.items) };
}

/** Lets everything go on that waits for nothing. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it("those who ask at the same moment go together, those who come meanwhile after them, each with its own answer", async () => {
  const { batches, runs, items } = held();
  const first = [1, 2].map((item) => batches.add(item));
  await settled();
  const later = [3, 4].map((item) => batches.add(item));
  await settled();
  expect(items()).toEqual([[1, 2]]);
  runs[0].end();
  expect(await Promise.all(first)).toEqual([10, 20]);
  await settled();
  expect(items()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  runs[1].end();
  expect(await Promise.all(later)).toEqual([30, 40]);
});

it("as many are under way as may be", async () => {
  const { batches, runs, items } = held({ concurrency: 2 });
  for (let item = 1; item <= 3; item++) {
    void batches.add(item);
    await settled();
  }
  expect(items()).toEqual([[1], [2]]);
  runs[1].end();
  await settled();
  expect(items()).toEqual([[1], [2], [3]]);
});

it("what does not fit goes with the next one, and one that fits nowhere goes alone", async () => {
  const { batches, runs, items } = held({ fitting: (waiting) => waiting.findIndex((item) => item > 1) });
  for (const item of [1, 1, 5, 1]) void batches.add(item);
  for (const count of [1, 2, 3]) {
    await settled();
    expect(runs).toHaveLength(count);
    runs[count - 1].end();
  }
  expect(items()).toEqual([[1, 1], [5], [1]]);
});

it("what a run throws is the answer of all in it, and the next ones go on", async () => {
  const { batches, runs } = held();
  const lost = Promise.allSettled([1, 2].map((item) => batches.add(item)));
  await settled();
  const next = batches.add(3);
  runs[0].fail(new Error("no answer"));
  expect((await lost).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await settled();
  runs[1].end();
  expect(await next).toBe(30);
});

it("one of a run may fail alone", async () => {
  const run = async (items: readonly number[]) =>
    items.map((item) => (item === 2 ? Promise.reject(new Error("two")) : item));
  const batches = new Batches<number, number>({ run });
  const answers = await Promise.allSettled([1, 2, 3].map((item) => batches.add(item)));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
