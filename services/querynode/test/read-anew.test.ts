import { expect, it } from "@jest/globals";
import { SegmentGone } from "@sluice/segment";
import { readAnew } from "../src/read-anew.ts";

const gone = () => new SegmentGone("internal", "object of a segment is missing");

it("a read whose segments were swept meanwhile begins anew, three times in all; what else fails is told at once", async () => {
  let reads = 0;
  expect(await readAnew(async () => (++reads < 3 ? Promise.reject(gone()) : "answer"))).toBe("answer");
  await expect(readAnew(async () => Promise.reject(gone()))).rejects.toThrow("is missing");
  reads = 0;
  const failing = async () => {
    reads++;
    throw new Error("other");
  };
  await expect(readAnew(failing)).rejects.toThrow("other");
  expect(reads).toBe(1);
});
