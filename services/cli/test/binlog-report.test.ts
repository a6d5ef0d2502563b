import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { encodeInsertLog } from "@sluice/binlog";
import { DataType } from "@sluice/schema";
import { binlogReport } from "../src/show/binlog-report.ts";

const folder = join(import.meta.dirname, "../../../test/fixtures/milvus-2.3.5/insert-flush-delete");
const segment = "470659670242168751/470659670242168752/470659670242368759";
const read = (path: string) => readFileSync(join(folder, path));

describe("a log that Milvus 2.3.5 wrote", () => {
  it("of values: head, event, the first ones", () => {
    const report = binlogReport(read(`insert_log/${segment}/102/470659670241968446`), 2);
    expect(report).toMatchObject({
      ...{ kind: "insert log", rows: 60, values: ["-97", "-97"] },
      head: { collection: "470659670242168751", field: "102", type: "Int8", originalSizeBytes: "60" },
      events: [{ offset: 140, bytes: 533, from: "470659700750811146 (2026-11-23T08:57:53.494Z)" }],
    });
  });

  it("of keys", () => {
    const { kind, values } = binlogReport(read(`stats_log/${segment}/100/470659670241968460`), 10);
    expect([kind, values]).toEqual([
      "stats log",
      ["field 100 (Int64): -8767592590759503775 to 8934078942417688836; Bloom filter: 375 bits, 5 hashes"],
    ]);
  });
});

it.each([
  [DataType.FloatVector, 2, [0, 0, 128, 63, 0, 0, 0, 64], "[1,2]"],
  [DataType.BinaryVector, 16, [1, 255], "[1,255]"],
  [DataType.Float16Vector, 2, [0, 0x3c, 0, 0x40], "[1,2]"],
  [DataType.Int8Vector, 2, [1, 255], "[1,-1]"],
])("vectors of type %s are numbers", (dataType, dim, bytes, text) => {
  const data = Uint8Array.from(bytes);
  const pieces = encodeInsertLog({
    ...{ collectionId: 1n, partitionId: 2n, segmentId: 3n, fieldId: 100, dataType, elementType: DataType.None, dim },
    ...{ nullable: false, rowCount: 1, minTimestamp: 1n, maxTimestamp: 1n, nowMs: 0, dialect: "2.3" },
    column: { kind: "fixed", width: data.length, data, validity: undefined },
  });
  expect(binlogReport(Buffer.concat(pieces), 5).values).toEqual([text]);
});

it("what is none is refused", () => {
  expect(() => binlogReport(Buffer.from("hello, this is text"), 1)).toThrow("binlog magic number is missing");
});
