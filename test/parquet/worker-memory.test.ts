import { expect, test } from "@jest/globals";
import { rawParquetFile } from "@sluice/parquet/testing";
import { DataType } from "@sluice/schema";
import { useServer } from "../support/index.ts";

const fixture = useServer({ workers: 1, workerMemory: "4MB" });

test("a page beyond the budget of a worker is refused with its place, its size, the budget and the way out", async () => {
  await fixture.client.createCollection({
    name: "c",
    fields: [
      { name: "id", type: DataType.Int64, key: true },
      { name: "v", type: DataType.FloatVector, dim: 2, nullable: true },
    ],
  });
  const body = Buffer.alloc(8 * 1000);
  const id = { name: "id", type: { physical: "INT64" } as const };
  const huge = { body, numValues: 1000, uncompressedSize: 13_000_000 };
  const bytes = rawParquetFile({
    rowCount: 1000,
    columns: [{ ...id, codec: "SNAPPY", pages: [huge] }],
  });
  const path = await fixture.files.write("huge.parquet", bytes);
  const { isCompleted, reason } = await fixture.client.waitFor(await fixture.client.import("c", [path]));
  expect([isCompleted, reason]).toEqual([
    false,
    expect.stringMatching(
      /^a page of 13000000 bytes is too large: limit 12582912 bytes \(in row group 0; write smaller pages, or give the datanode more --worker-memory\) \(.*huge\.parquet, field "id", byte 4\)$/,
    ),
  ]);
});
