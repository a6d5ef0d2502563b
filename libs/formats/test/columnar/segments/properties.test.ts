import { expect, it } from "@jest/globals";
import { isNull, varValue } from "@sluice/columns";
import { formatNamed } from "@sluice/formats";
import fc from "fast-check";
import { randomSegment, shown } from "./random-segment.ts";
import { inputOf } from "./segment-files.ts";

it("any segment gives the rows that no later delete names, between the bounds, byte by byte", async () => {
  const batchBytes = fc.constantFrom(1, 100, 1 << 20);
  await fc.assert(
    fc.asyncProperty(randomSegment, batchBytes, async ({ files, schema, options, rows }, size) => {
      await using reader = formatNamed("binlog").open(await inputOf(files, schema, options));
      const found: (string | null)[][] = [];
      for await (const { rowCount, columns } of reader.batches({
        batchBytes: size,
        signal: new AbortController().signal,
      }))
        for (let row = 0; row < rowCount; row++)
          found.push(
            columns.map((column) => {
              if (!column) throw new Error("a column is missing");
              if (isNull(column, row)) return null;
              const { width } = column.kind === "fixed" ? column : { width: 0 };
              return shown(
                column.kind === "var" ? varValue(column, row) : column.data.slice(row * width, (row + 1) * width),
              );
            }),
          );
      expect(found).toEqual(rows);
    }),
    { numRuns: 60 },
  );
});
