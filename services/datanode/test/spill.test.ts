import { expect, it } from "@jest/globals";
import { varValue } from "@sluice/columns";
import { cells, longs } from "@sluice/columns/testing";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { Spill } from "../src/tasks/merge/spill.ts";

it("gives rows back as they were put aside, also where so many are gathered that they lie in the thread's arena", async () => {
  const rowCount = 60_000;
  const textOf = (row: number) => (row % 7 === 3 ? null : `text ${row}`);
  const columns = [
    cells(...Array.from({ length: rowCount }, (_, row) => textOf(row))),
    longs(...Array.from({ length: rowCount }, (_, row) => BigInt(row))),
  ];
  const fields = [field("t", DataType.VarChar, { nullable: true }), field("n", DataType.Int64)];
  await using spill = await Spill.open(fields);
  // Every other row at first, then those between them.
  for (const first of [0, 1])
    await spill.append(
      columns,
      Uint32Array.from({ length: rowCount / 2 }, (_, i) => 2 * i + first),
    );
  await spill.flush();
  let row = 0;
  for await (const {
    rowCount: count,
    columns: [texts, numbers],
  } of spill.batches())
    for (let at = 0; at < count; at++, row++) {
      if (texts.kind !== "var") throw new TypeError("texts have one width");
      const text = texts.validity?.[at] === 0 ? null : Buffer.from(varValue(texts, at)).toString();
      const expected = row < rowCount / 2 ? 2 * row : 2 * row - rowCount + 1;
      const isRight = text === textOf(expected) && numbers.data[8 * at] === (expected & 255);
      if (!isRight) expect([expected, text]).toEqual([expected, textOf(expected)]);
    }
  expect(row).toBe(rowCount);
});
