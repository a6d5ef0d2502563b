import { describe, expect, it } from "@jest/globals";
import type { VarColumn } from "@sluice/columns";
import fc from "fast-check";
import { Bm25StatsBuilder, decodeBm25Stats, encodeBm25Stats } from "../src/index.ts";

type Row = ReadonlyMap<number, number>;

/** Rows as sparse vectors. */
function columnOf(rows: readonly Row[]): VarColumn {
  const cells = rows.map((row) => {
    const terms = [...row.keys()].sort((a, b) => a - b);
    const cell = Buffer.alloc(8 * terms.length);
    for (const [i, term] of terms.entries()) {
      cell.writeUInt32LE(term, 8 * i);
      cell.writeFloatLE(row.get(term) ?? 0, 8 * i + 4);
    }
    return cell;
  });
  const offsets = new Uint32Array(rows.length + 1);
  for (const [i, { length }] of cells.entries()) offsets[i + 1] = offsets[i] + length;
  return { kind: "var", offsets, data: Buffer.concat(cells), validity: undefined };
}

function statsOf(...batches: readonly (readonly Row[])[]) {
  const builder = new Bm25StatsBuilder();
  for (const rows of batches) builder.add(columnOf(rows), rows.length);
  return builder.finish();
}

describe("statistics of BM25", () => {
  it("have Milvus's layout", () => {
    const bytes = encodeBm25Stats(statsOf([new Map([[5, 2]]), new Map()], [new Map([[5, 1], [0xfffffffe, 1]])])); // biome-ignore format: short
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "00000000" + "0300000000000000" + "0400000000000000" + "0500000002000000" + "feffffff01000000",
    );
  });

  it("are those of all rows, and read back as they were", () => {
    const term = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 0xfffffffe }));
    const row = fc
      .array(fc.tuple(term, fc.integer({ min: 1, max: 9 })), { maxLength: 40 })
      .map((list) => new Map(list));
    fc.assert(
      fc.property(fc.array(fc.array(row)), (batches) => {
        const stats = statsOf(...batches);
        const rows = batches.flat();
        const containing = new Map<number, number>();
        for (const one of rows) for (const key of one.keys()) containing.set(key, (containing.get(key) ?? 0) + 1);
        const terms = [...containing.keys()].sort((a, b) => a - b);
        expect(stats.rowCount).toBe(rows.length);
        expect(stats.tokenCount).toBe(rows.flatMap((one) => [...one.values()]).reduce((sum, count) => sum + count, 0));
        expect([...stats.terms]).toEqual(terms);
        expect([...stats.rowCounts]).toEqual(terms.map((one) => containing.get(one)));
        expect(decodeBm25Stats(encodeBm25Stats(stats))).toEqual(stats);
      }),
      { numRuns: 50 },
    );
  });

  it("the table grows with the terms", () => {
    const rows = Array.from({ length: 5000 }, (_, i) => new Map([[i * 7919, 1]]));
    expect(statsOf(rows).terms.length).toBe(5000);
  });

  it.each([
    ["cut short", "0000000003000000", /of 8 bytes are cut short/],
    ["of another version", `01000000${"00".repeat(16)}`, /have version 1, expected 0/],
    ["out of order", `${"00".repeat(20)}05000000010000000400000001000000`, /not ascending/],
  ])("refuses bytes that are %s", (_, hex, reason) => {
    expect(() => decodeBm25Stats(Buffer.from(hex, "hex"))).toThrow(reason);
  });
});
