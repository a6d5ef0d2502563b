import { expect, it } from "@jest/globals";
import { releaseMemory } from "@sluice/async";

it("gives back large memory that begins with the bytes, once or twice, and no other", () => {
  const [large, small, shared] = [
    new Uint8Array(1 << 20),
    new Uint8Array(100),
    new Uint8Array(new SharedArrayBuffer(1 << 20)),
  ];
  const inside = large.subarray(8);
  for (const bytes of [inside, small, shared]) releaseMemory(bytes);
  expect([large, small, shared].map(({ byteLength }) => byteLength)).toEqual([1 << 20, 100, 1 << 20]);
  releaseMemory(large.subarray(0, 1000));
  releaseMemory(large);
  expect([large.byteLength, inside.byteLength]).toEqual([0, 0]);
});

it("leaves small buffers alone that Node takes out of one memory, also the first of them", () => {
  let first = Buffer.allocUnsafe(100);
  while (first.byteOffset !== 0) first = Buffer.allocUnsafe(100);
  const next = Buffer.allocUnsafe(100).fill(7);
  expect(next.buffer).toBe(first.buffer);
  releaseMemory(first);
  expect([first.length, next.length, next[99]]).toEqual([100, 100, 7]);
});
