import { describe, expect, it } from "@jest/globals";
import { schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";
import { givenColumns } from "../src/rows/given-columns.ts";

const ROWS = 4096;
const DIM = 256;
const collection = testing.collection([
  testing.field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true }),
  testing.field("vector", DataType.FloatVector, { fieldId: 101, dim: DIM }),
]);

const message = (data: Parameters<typeof schema.FieldData.fromPartial>[0]) =>
  schema.FieldData.encode(schema.FieldData.fromPartial(data)).finish();
const ids = message({
  type: schema.DataType.Int64,
  fieldName: "id",
  field: { $case: "scalars", value: { data: { $case: "longData", value: { data: new Array(ROWS).fill(1n) } } } },
});
const vector = message({
  type: schema.DataType.FloatVector,
  fieldName: "vector",
  field: {
    $case: "vectors",
    value: { dim: BigInt(DIM), data: { $case: "floatVector", value: { data: new Array(ROWS * DIM).fill(0.5) } } },
  },
});
const unknown = message({ fieldName: "other" });

describe("rows that are refused", () => {
  it("leave no memory to the collector, whatever they were refused for", () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20; i++)
      expect(() => givenColumns(collection, { fields: [vector, ids, unknown], numRows: ROWS })).toThrow("not exist");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * ROWS * DIM * 4);
  });
});
