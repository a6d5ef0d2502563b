import { expect, it } from "@jest/globals";
import { varValue } from "@sluice/columns";
import { cells, longs } from "@sluice/columns/testing";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import fc from "fast-check";
import { FileKeys } from "../src/tasks/merge/file-keys.ts";
import { mergeKeys } from "../src/tasks/merge/merge-keys.ts";
import { RangedMatches, withNumbers } from "../src/tasks/merge/ranged-matches.ts";
import { RowsThatCount } from "../src/tasks/merge/rows-that-count.ts";

const newFields = [
  field("text", DataType.VarChar, { nullable: true }),
  field("number", DataType.Int64, { nullable: true }),
];
const counts = () => ({ fileRows: 0, duplicateFileKeys: 0, nullFileKeys: 0, unmatchedFileRows: 0 });

function keysOf(values: readonly (bigint | null)[]) {
  const validity = Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  return mergeKeys({ ...longs(...values.map((value) => value ?? 0n)), validity }, values.length);
}

/** The rows of a source in parts of some rows each. */
class Parts {
  readonly #parts: { readonly keys: (bigint | null)[]; readonly firstRow: number }[] = [];
  #rows = 0;

  constructor(keys: readonly (bigint | null)[], partRows: number) {
    for (let at = 0; at < keys.length; at += partRows) {
      const part = keys.slice(at, at + partRows);
      this.#parts.push({ keys: part, firstRow: this.#rows });
      this.#rows += part.length;
    }
  }

  rowCount = async () => this.#rows;

  async *allKeys(begin = 0, end = Number.POSITIVE_INFINITY) {
    for (const { keys, firstRow } of this.#parts)
      if (firstRow >= begin && firstRow < end) yield { keys: keysOf(keys), firstRow };
  }
}

it("gives every row what its key has, cut into ranges as often as their values ask for", async () => {
  const key = fc.option(fc.bigInt({ min: 0n, max: 400n }), { freq: 12 });
  const property = fc.asyncProperty(
    fc.array(key, { maxLength: 900, minLength: 500, size: "max" }),
    fc.array(fc.array(key, { maxLength: 90, size: "max" }), { maxLength: 8, size: "max" }),
    fc.constantFrom("first" as const, "last" as const),
    fc.constantFrom(1, 3, 50, 1000),
    fc.constantFrom(1, 200, 5000),
    async (sourceKeys, batches, onDuplicateKey, partRows, valueBytes) => {
      const report = counts();
      const keys = new FileKeys({ onDuplicateKey }, {}, report);
      const counted = new RowsThatCount();
      for (const batch of batches) {
        const kept = keys.add(keysOf(batch));
        if (!kept) throw new Error("keys do not fit");
        counted.add(kept, batch.length);
      }
      keys.finish("key");
      const expected = new Map<bigint, number>();
      for (const [row, one] of batches.flat().entries())
        if (one !== null && (onDuplicateKey === "last" || !expected.has(one))) expected.set(one, row);
      async function* numbered() {
        let row = 0;
        for (const batch of batches) {
          const rows = batch.map((_, i) => row + i);
          row += batch.length;
          const columns = [cells(...rows.map((n) => (n % 7 === 0 ? null : `text ${n}`))), longs(...rows.map(BigInt))];
          yield { rowCount: batch.length, columns: withNumbers(counted.numbers(batch.length), columns) };
        }
      }
      const source = new Parts(sourceKeys, partRows);
      const signal = new AbortController().signal;
      const standIns = [null, null];
      await using matches = new RangedMatches(keys, source, { newFields, standIns, valueBytes, signal });
      await matches.take(numbered());
      const found: unknown[] = [];
      let matched = 0;
      for await (const { keys: partKeys, firstRow } of source.allKeys()) {
        const { rowCount } = partKeys;
        const made = await matches.match({ rowCount, firstRow, keys: async () => partKeys });
        matched += made.matched;
        const [texts, numbers] = made.columns;
        for (let i = 0; i < rowCount; i++) {
          const isNumber = numbers.validity?.[i] !== 0;
          const number = Number(Buffer.from(numbers.data).readBigInt64LE(8 * i));
          const isText = texts.kind === "var" && texts.validity?.[i] !== 0;
          found.push([isText ? Buffer.from(varValue(texts, i)).toString() : null, isNumber ? number : null]);
        }
      }
      await matches.end();
      const rowsOf = sourceKeys.map((one) => (one === null ? undefined : expected.get(one)));
      expect(found).toEqual(
        rowsOf.map((row) => [row === undefined || row % 7 === 0 ? null : `text ${row}`, row ?? null]),
      );
      expect(matched).toBe(rowsOf.filter((row) => row !== undefined).length);
      const unmatchedFileRows = [...expected.keys()].filter((one) => !sourceKeys.includes(one)).length;
      expect(report.unmatchedFileRows).toBe(unmatchedFileRows);
    },
  );
  await fc.assert(property, { numRuns: 30 });
});
