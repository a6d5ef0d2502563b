import { describe, expect, it } from "@jest/globals";
import { aliveText, expiredBefore, rowsAfter } from "@sluice/query";
import { composeTso } from "@sluice/schema";

const at = (seconds: number) => composeTso(seconds * 1000);

describe("rows expire", () => {
  it("so many seconds after they began to count, or never", () => {
    expect(expiredBefore(at(100), 10)).toBe(at(90));
    expect(expiredBefore(at(100), 0)).toBe(0n);
  });

  it("each by its own time", () => {
    const values = BigInt64Array.of(at(80), at(91), at(90), at(95));
    const column = { kind: "fixed", width: 8, data: new Uint8Array(values.buffer), validity: undefined } as const;
    expect([...rowsAfter(at(90), column, Uint32Array.of(0, 1, 2, 3))]).toEqual([1, 3]);
  });

  it("by a field of times, those without one never", () => {
    expect(aliveText("until", 0)).toBe("until is null or until > ISO '1970-01-01T00:00:00.000Z'");
  });
});
