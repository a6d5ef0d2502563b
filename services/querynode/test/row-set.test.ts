import { describe, expect, it } from "@jest/globals";
import { Turns } from "@sluice/async";
import { cells, fixed, longs } from "@sluice/columns/testing";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import fc from "fast-check";
import { orderByKey as orderInTurns, type RowSet, type Selection, type Window } from "../src/row-set.ts";
import { sortInTurns } from "../src/sort-in-turns.ts";
import { takenRows } from "../src/take-rows.ts";

const id = field("id", DataType.Int64, { isPrimaryKey: true });
const title = field("title", DataType.VarChar, { isPrimaryKey: true });
const turns = new Turns(new AbortController().signal, 0);
const orderByKey = (selections: readonly Selection[], key: typeof id, window: Window) =>
  orderInTurns(selections, key, window, turns);
const all: Window = { offset: 0, limit: undefined };

/** Rows 0, 10, 20, … of a source, with these keys. */
const selected = (timestamp: bigint, ...keys: bigint[]): Selection => ({
  rows: Uint32Array.from(keys, (_, i) => 10 * i),
  keys: longs(...keys),
  timestamps: timestamp,
});
const placesOf = ({ sourceOf, rowOf }: RowSet) => Array.from(sourceOf, (source, i) => [source, rowOf[i]]);

describe("orderByKey", () => {
  it("merges sources in the order of signed keys", async () => {
    const rows = await orderByKey([selected(1n, -5n, 7n), selected(2n, 0n, -9n)], id, all);
    expect(placesOf(rows)).toEqual([
      [1, 10],
      [0, 0],
      [1, 0],
      [0, 10],
    ]);
  });

  it("takes the newest of the rows that share a key", async () => {
    expect(placesOf(await orderByKey([selected(1n, 4n), selected(3n, 4n), selected(2n, 4n)], id, all))).toEqual([
      [1, 0],
    ]);
  });

  it("counts each key once against offset and limit", async () => {
    const sources = [selected(1n, 1n, 2n, 3n), selected(2n, 1n, 2n, 4n)];
    expect(placesOf(await orderByKey(sources, id, { offset: 1, limit: 2 }))).toEqual([
      [1, 10],
      [0, 20],
    ]);
    expect((await orderByKey(sources, id, { offset: 9, limit: 2 })).count).toBe(0);
    expect((await orderByKey([], id, all)).count).toBe(0);
  });

  it("orders text by its UTF-8 bytes", async () => {
    const keys = cells("b", "a", "\u{1f600}", "\uff5e", "");
    const rows = await orderByKey([{ rows: Uint32Array.of(0, 1, 2, 3, 4), keys, timestamps: 1n }], title, all);
    expect([...rows.rowOf]).toEqual([4, 1, 0, 3, 2]);
  });

  it("gives what sorting all rows and cutting would", async () => {
    const keys = fc.array(fc.bigInt(-6n, 6n), { maxLength: 12 });
    const window = fc.record({ offset: fc.nat(8), limit: fc.option(fc.nat(8), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(fc.array(keys, { maxLength: 4 }), window, async (lists, { offset, limit }) => {
        const rows = await orderByKey(
          lists.map((list, source) => selected(BigInt(source), ...list)),
          id,
          { offset, limit },
        );
        const keyOf = ([source, row]: number[]) => lists[source][row / 10];
        const sorted = [...new Set(lists.flat())].sort((a, b) => (a < b ? -1 : 1));
        expect(placesOf(rows).map(keyOf)).toEqual(
          sorted.slice(offset, limit === undefined ? undefined : offset + limit),
        );
        for (const [source, row] of placesOf(rows)) {
          const newest = lists.findLastIndex((list) => list.includes(lists[source][row / 10]));
          expect(source).toBe(newest);
        }
      }),
    );
  });
});

it("takenRows asks each source for its rows in the order of the answer", () => {
  const rows = { count: 4, sourceOf: Uint32Array.of(1, 0, 1, 1), rowOf: Uint32Array.of(9, 3, 4, 9) };
  const taken = takenRows(rows, 3);
  expect(taken.wanted.map((wanted) => [...wanted])).toEqual([[3], [9, 4, 9], []]);
  expect([...taken.rows.rowOf]).toEqual([0, 0, 1, 2]);
});

it("of a merged segment each row has the timestamp that it has of its own", async () => {
  const merged = { rows: Uint32Array.of(3, 5), keys: longs(4n, 9n), timestamps: longs(1n, 8n) };
  const rows = await orderByKey([selected(5n, 4n, 9n), merged], id, all);
  expect(placesOf(rows)).toEqual([
    [0, 0],
    [1, 5],
  ]);
});

it.each([
  ["at random", (i: number) => (i * 2_654_435_761) % 1009],
  ["in order", (i: number) => i >> 3],
  ["the other way round", (i: number) => -i >> 3],
])("sortInTurns keeps equal items in their order: %s", async (_, keyOf) => {
  for (const count of [0, 1, 4095, 4096, 4097, 20_000]) {
    const items = Uint32Array.from({ length: count }, (_, i) => i);
    const sorted = await sortInTurns(items, (a, b) => keyOf(a) - keyOf(b), turns);
    expect(sorted).toEqual(Uint32Array.from([...items].sort((a, b) => keyOf(a) - keyOf(b) || a - b)));
  }
});

it("cuts a window out of many keys as out of all of them in order", async () => {
  const keys = Array.from({ length: 150_000 }, (_, i) => BigInt((i * 2_654_435_761) % 100_003) - 50_000n);
  const sorted = [...new Set(keys)].sort((a, b) => (a < b ? -1 : 1));
  const rows = await orderByKey(
    [{ rows: Uint32Array.from(keys, (_, i) => i), keys: fixed(BigInt64Array.from(keys), 8), timestamps: 1n }],
    id,
    { offset: 70, limit: 300 },
  );
  expect(placesOf(rows).map(([, row]) => keys[row])).toEqual(sorted.slice(70, 370));
});
