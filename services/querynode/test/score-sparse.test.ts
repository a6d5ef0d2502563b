import { expect, it } from "@jest/globals";
import type { VarColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { Kernels } from "../src/search/kernels.ts";
import { type Comparison, scoreRows } from "../src/search/score-rows.ts";
import { numbers } from "./query-world.ts";

const next = numbers(Number(process.env.SLUICE_SEED ?? 3));

/** Ascending terms with values; now and then one twice, as clients may send them. */
function sparse(terms: number) {
  const indices = Uint32Array.from({ length: next(terms) }, () => next(40) * 0x6_0000_01).sort();
  return { indices, values: Float64Array.from(indices, () => next(9) / 3) };
}

function column(rowCount: number): VarColumn {
  const rows = Array.from({ length: rowCount }, () => {
    const { indices, values } = sparse(12);
    const distinct = [...indices].flatMap((term, i) => (term === indices[i - 1] ? [] : [[term, 1 + values[i]]]));
    const cell = Buffer.alloc(8 * distinct.length);
    for (const [i, [term, value]] of distinct.entries()) {
      cell.writeUInt32LE(term, 8 * i);
      cell.writeFloatLE(value, 8 * i + 4);
    }
    return cell;
  });
  const offsets = new Uint32Array(rowCount + 1);
  for (const [i, { length }] of rows.entries()) offsets[i + 1] = offsets[i] + length;
  return { kind: "var", offsets, data: Buffer.concat(rows), validity: undefined };
}

/** Scores by query and row, of rows that have one. */
function scoresOf(comparison: Comparison, of: VarColumn, rows: Uint32Array): Map<string, number> {
  const scores = new Map<string, number>();
  scoreRows(
    comparison,
    of,
    rows,
    (query, first, count, found) => {
      for (let i = 0; i < count; i++) if (!Number.isNaN(found[i])) scores.set(`${query}/${rows[first + i]}`, found[i]);
    },
    new Kernels(),
  );
  return scores;
}

it.each([
  ["products", {}],
  ["BM25", { bm25: { k1: 1.2, b: 0.75, averageLength: 7.3 } }],
])("many queries at once score exactly as each alone, by %s", (_name, more) => {
  for (let run = 0; run < 40; run++) {
    const of = column(200);
    const rows = Uint32Array.from({ length: 200 }, (_, i) => i).filter(() => next(3) > 0);
    const queries = Array.from({ length: 2 + next(30) }, () => sparse(8));
    const comparison = (some: typeof queries): Comparison => ({
      ...{ dataType: DataType.SparseFloatVector, dim: 0, metric: "IP", ...more },
      queries: { kind: "sparse", count: some.length, values: some },
    });
    const alone = queries.flatMap((query, q) =>
      [...scoresOf(comparison([query]), of, rows)].map(([place, score]) => [place.replace("0/", `${q}/`), score]),
    ) as [string, number][];
    expect(scoresOf(comparison(queries), of, rows)).toEqual(new Map(alone));
  }
});
