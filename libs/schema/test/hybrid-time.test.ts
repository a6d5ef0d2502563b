import { expect, it } from "@jest/globals";
import { composeTso, physicalMs } from "@sluice/schema";

it("composes as Milvus does", () => {
  expect(composeTso(1_700_000_000_000)).toBe(445644800000000000n);
  expect(physicalMs(445644800000000005n)).toBe(1_700_000_000_000);
});
