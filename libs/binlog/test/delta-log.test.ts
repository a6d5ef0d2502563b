import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { decodeDeltaLog, EventType, encodeBinlogHead, encodeDeltaLog, parseBinlog } from "../src/index.ts";
import { field } from "./random-columns.ts";
import { writeLog } from "./write-log.ts";

/** In the form of Milvus 2.5 with `deltalog: parquet`. */
const twoColumns = join(import.meta.dirname, "../../../test/fixtures/milvus-two-column-deletes");

/** A delta log of one text column, as the forms A and B have it. */
function deltaLog(
  rows: readonly string[],
  dataType: DataType = DataType.String,
  eventType: number = EventType.Delete,
): Buffer {
  const offsets = new Uint32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(row);
  const column = {
    kind: "var" as const,
    offsets,
    data: new Uint8Array(Buffer.from(rows.join(""))),
    validity: undefined,
  };
  const insert = parseBinlog(writeLog(field(dataType), column, rows.length));
  const { payload } = insert.events[0];
  const head = encodeBinlogHead({ ...insert.descriptor, fieldId: -1n }, eventType, 1n, payload.length);
  return Buffer.concat([head, payload]);
}

describe("delta log", () => {
  it("reads JSON rows with exact int64 keys", () => {
    const log = decodeDeltaLog(
      deltaLog([
        '{"pk":-9223372036854775808,"ts":470659701576564737,"pkType":5}',
        '{"pk":9007199254740993,"ts":470659701576564738,"pkType":5}',
      ]),
    );
    expect(log.pkType).toBe(DataType.Int64);
    expect(log.primaryKeys).toEqual([-(2n ** 63n), 9007199254740993n]);
    expect(log.timestamps).toEqual([470659701576564737n, 470659701576564738n]);
  });

  it("reads text keys, commas and quotes included", () => {
    const log = decodeDeltaLog(deltaLog(['{"pk":"a,\\"b","ts":1,"pkType":21}', '{"pk":"","ts":2,"pkType":21}']));
    expect([log.pkType, log.primaryKeys]).toEqual([DataType.VarChar, ['a,"b', ""]]);
  });

  it("reads the older text form", () => {
    const log = decodeDeltaLog(deltaLog(["-5,445644800000000000", "9223372036854775807,7"]));
    expect(log.primaryKeys).toEqual([-5n, 9223372036854775807n]);
    expect(log.timestamps).toEqual([445644800000000000n, 7n]);
  });

  it.each<[what: string, log: () => Buffer, reason: RegExp]>([
    ["an insert log", () => deltaLog(["1,2"], DataType.String, EventType.Insert), /binlog file is not delta log/],
    ["another type", () => deltaLog(["1,2"], DataType.JSON), /binlog data type is not varchar/],
    ["three parts", () => deltaLog(["1,2,3"]), /neither JSON nor "pk,ts"/],
    ["a key of the wrong type", () => deltaLog(['{"pk":"1","ts":2,"pkType":5}']), /a string key with pkType 5/],
    ["no time", () => deltaLog(['{"pk":1,"pkType":5}']), /no integer ts/],
    ["broken JSON", () => deltaLog(['{"pk":1,']), /is no JSON/],
    [
      "two key types",
      () => deltaLog(['{"pk":1,"ts":2,"pkType":5}', '{"pk":"1","ts":2,"pkType":21}']),
      /mixes primary key types/,
    ],
    [
      "a key beyond 64 bits",
      () => deltaLog(['{"pk":9223372036854775808,"ts":2,"pkType":5}']),
      /key 9223372036854775808/,
    ],
    [
      "one in other JSON",
      () => deltaLog(['{"ts":2,"pk":18446744073709551617,"pkType":5}']),
      /key 18446744073709551617/,
    ],
    ["one of the older form", () => deltaLog(["18446744073709551617,2"]), /key 18446744073709551617/],
    [
      "a time beyond 64 bits",
      () => deltaLog(['{"pk":1,"ts":18446744073709551616,"pkType":5}']),
      /ts 18446744073709551616/,
    ],
  ])("refuses %s", (_what, log, reason) => {
    expect(() => decodeDeltaLog(log())).toThrow(reason);
  });

  it("names the row that it refuses", () => {
    expect(() => decodeDeltaLog(deltaLog(["1,2", "1,2", "x"]))).toThrow(expect.objectContaining({ at: { row: 2 } }));
  });

  it.each([
    ["int64", "470659701576565101"],
    ["text", "470659701576565102"],
  ])("of two columns has keys of the type of their column, %s, whatever its descriptor says", (kind, name) => {
    const log = decodeDeltaLog(readFileSync(join(twoColumns, name)));
    const [pkType, primaryKeys] = kind === "text" ? [DataType.VarChar, ["a,b", ""]] : [DataType.Int64, [-5n, 7n]];
    expect(log).toMatchObject({ pkType, primaryKeys, timestamps: [470659701576564737n, 2n ** 64n - 1n] });
    expect(log.descriptor?.dataType).toBe(DataType.Int64);
  });

  it.each([
    [[-(2n ** 63n), 5n], DataType.Int64],
    [['a,"b"', "\u{1f600} <&>"], DataType.VarChar],
  ] as const)("of ours is read as it was written: %p", (primaryKeys, pkType) => {
    const timestamps = [470659701576564738n, 470659701576564737n];
    const place = { collectionId: 1n, partitionId: 2n, segmentId: 3n };
    const log = decodeDeltaLog(Buffer.concat(encodeDeltaLog({ ...place, primaryKeys, timestamps, nowMs: 1 })));
    expect(log).toMatchObject({ pkType, primaryKeys, timestamps });
    expect(log.descriptor).toMatchObject({
      ...{ ...place, fieldId: -1n, startTimestamp: timestamps[1], endTimestamp: timestamps[0] },
      dataType: DataType.String,
    });
  });
});
