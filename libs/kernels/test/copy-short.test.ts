import { expect, it } from "@jest/globals";
import { copyShort, LONG_BYTES, viewOf } from "../src/index.ts";

it("copies so many bytes, whatever their place, and touches none beside them", () => {
  const source = Uint8Array.from({ length: 200 }, (_, i) => i + 1);
  for (let length = 0; length <= LONG_BYTES; length++)
    for (const [start, at] of [
      [0, 0],
      [3, 5],
      [200 - length, 100 - length],
    ]) {
      const target = new Uint8Array(100);
      copyShort(viewOf(source), start, viewOf(target.subarray(0, at + length)), at, length);
      const expected = new Uint8Array(100);
      expected.set(source.subarray(start, start + length), at);
      expect(target).toEqual(expected);
    }
});
