import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { isNull, varValue } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { type DecodedInsertLog, decodeDeltaLog, decodeInsertLog, EventType } from "../src/index.ts";
import { wrap } from "./wrap.ts";

/** Files of pyarrow in encodings that our writer does not use; `write_fixtures.py` there says how they were made. */
const folder = join(import.meta.dirname, "parquet-fixtures");
const fixture = (name: string) => readFileSync(join(folder, `${name}.parquet`));
const expected: Record<string, { dataType: DataType; rows: (string | null)[] }> = JSON.parse(
  readFileSync(join(folder, "expected.json"), "utf8"),
);
const insertCases = Object.entries(expected).filter(([name]) => !name.startsWith("deletes-"));

describe("Parquet of other writers", () => {
  it.each(insertCases)("%s", (name, { dataType, rows }) => {
    const log = decodeInsertLog(wrap(fixture(name), dataType, EventType.Insert));
    expect(log.rowCount).toBe(rows.length);
    expect(rowTexts(log, dataType)).toEqual(rows);
    expect(log.column.validity !== undefined).toBe(rows.includes(null));
  });

  it.each([
    ["bad-list", DataType.Int64, "unsupported", /nested/],
    ["bad-type", DataType.VarChar, "malformed_file", /type INT64 and length 0, expected BYTE_ARRAY and 0/],
    ["bad-int8-range", DataType.Int8, "malformed_file", /300 is out of range for an Int8 field/],
  ])("refuses %s", (name, dataType, code, reason) => {
    const read = () => decodeInsertLog(wrap(fixture(name), dataType, EventType.Insert));
    expect(read).toThrow(expect.objectContaining({ code, reason: expect.stringMatching(reason) }));
  });
});

describe("delta logs of two columns", () => {
  it.each([
    ["deletes-int64", DataType.Int64],
    ["deletes-text", DataType.VarChar],
  ])("%s", (name, pkType) => {
    const log = decodeDeltaLog(wrap(fixture(name), pkType, EventType.Delete, "MULTI_FIELD"));
    expect(log.pkType).toBe(pkType);
    expect(log.primaryKeys.map(String)).toEqual(expected[name].rows);
    expect(log.timestamps).toEqual(log.timestamps.map((_, i) => 445644800000000000n + BigInt(i)));
  });
});

function rowTexts({ column, rowCount }: DecodedInsertLog, dataType: DataType): (string | null)[] {
  return Array.from({ length: rowCount }, (_, row) => {
    if (isNull(column, row)) return null;
    if (column.kind === "var") return Buffer.from(varValue(column, row)).toString();
    const bytes = Buffer.from(column.data.subarray(row * column.width, (row + 1) * column.width));
    return fixedText(bytes, dataType);
  });
}

function fixedText(bytes: Buffer, dataType: DataType): string {
  switch (dataType) {
    case DataType.Bool:
      return String(bytes[0] === 1);
    case DataType.Int8:
      return String(bytes.readInt8());
    case DataType.Int32:
      return String(bytes.readInt32LE());
    case DataType.Int64:
      return String(bytes.readBigInt64LE());
    case DataType.Double:
      return pythonFloat(bytes.readDoubleLE());
    default:
      return bytes.toString("hex");
  }
}

function pythonFloat(value: number): string {
  const text = String(value).replace(/e-(\d)$/, "e-0$1");
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text.replace("e+", "e+");
}
