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
  for (let row = 0; row < rowCount; row++) if (spill.append(columns, row)) await spill.flush();
  await spill.flush();
  let row = 0;
  for await (const {
    rowCount: count,
    columns: [texts, numbers],
  } of spill.batches())
    for (let at = 0; at < count; at++, row++) {
      if (texts.kind !== "var") throw new TypeError("texts have one width");
      const text = texts.validity?.[at] === 0 ? null : Buffer.from(varValue(texts, at)).toString();
      if (text !== textOf(row) || numbers.data[8 * at] !== (row & 255)) expect([row, text]).toEqual([row, textOf(row)]);
    }
  expect(row).toBe(rowCount);
});
