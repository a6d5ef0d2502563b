import { describe, expect, it } from "@jest/globals";
import { Turns } from "@sluice/async";
import type { schema } from "@sluice/rpc";
import { type SegmentLogs, segmentParts } from "@sluice/segment";
import { isTrue } from "../src/given.ts";
import { templateValues } from "../src/template-values.ts";

describe("templateValues", () => {
  const turns = new Turns(new AbortController().signal);
  const value = async (val: schema.TemplateValue["val"]) => (await templateValues({ x: { val } }, turns)).get("x");
  const list = (data: schema.TemplateArrayValue["data"]) => value({ $case: "arrayVal", value: { data } });

  it("takes values and lists of every kind", async () => {
    expect(await value({ $case: "int64Val", value: 1n << 60n })).toBe(1n << 60n);
    expect(await value({ $case: "stringVal", value: "a" })).toBe("a");
    expect(await list({ $case: "longData", value: { data: [1n, 2n] } })).toEqual([1n, 2n]);
    expect(await list(undefined)).toEqual([]);
    const inner: schema.TemplateArrayValue = { data: { $case: "boolData", value: { data: [true] } } };
    expect(await list({ $case: "arrayData", value: { data: [inner] } })).toEqual([[true]]);
  });

  it("keeps all digits of integers in lists of mixed kinds", async () => {
    const data = ["9007199254740993", "0.5", '"a"', "1e3"].map((text) => Buffer.from(text));
    expect(await list({ $case: "jsonData", value: { data } })).toEqual([9_007_199_254_740_993n, 0.5, "a", 1000]);
  });

  it("refuses what it cannot read, by the variable's name", async () => {
    await expect(value(undefined)).rejects.toThrow("template variable {x} is not supported");
    await expect(list({ $case: "jsonData", value: { data: [Buffer.from("{")] } })).rejects.toThrow("{x} is not JSON");
  });
});

it("a segment is as many parts as it has logs, each with the n-th log of every field", () => {
  const logs = (fieldId: number) => ({ fieldId, logIds: [1n, 2n], rowCounts: [10n, 5n], sizesBytes: [100n, 50n] });
  const segment = { segmentId: 7n, rowCount: 15n, insertLogs: [logs(0), logs(100)], statsLogs: [logs(100)] };
  const parts = segmentParts(segment as unknown as SegmentLogs);
  expect(parts.map(({ rowCount }) => Number(rowCount))).toEqual([10, 5]);
  expect(parts[1].insertLogs).toEqual(
    [0, 100].map((fieldId) => ({ fieldId, logIds: [2n], rowCounts: [5n], sizesBytes: [50n] })),
  );
  expect(parts[1].statsLogs).toEqual([]);
  expect(segmentParts({ ...segment, insertLogs: [] } as unknown as SegmentLogs)).toEqual([]);
});

it.each([
  ["True", true],
  ["true", true],
  ["1", false],
  [undefined, false],
])("the option %s is %s", (text, expected) => {
  expect(isTrue(text)).toBe(expected);
});
