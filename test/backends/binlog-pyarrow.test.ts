import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "@jest/globals";
import { parseBinlog } from "@sluice/binlog";
import type { Column } from "@sluice/columns";
import { DataType, dataTypeName, type FieldSchema, isDenseVector } from "@sluice/schema";

import { allTypes, cells, field, randomColumn, seededRandom } from "../../libs/binlog/test/random-columns.ts";
import { writeLog } from "../../libs/binlog/test/write-log.ts";
import { describeWith, pythonOf } from "../support/index.ts";

const rows = 500;

interface Read {
  readonly columns: readonly string[];
  readonly physical: string;
  readonly logical: string;
  readonly optional: boolean;
  readonly rowGroups: number;
  readonly codec: string;
  readonly createdBy: string;
  readonly rows: readonly (string | null)[];
}

/** Every type with and without nulls, and a column of one value. */
const inputs: { name: string; of: FieldSchema; column: Column }[] = [0, 0.25].flatMap((nullRate) =>
  allTypes.map((of) => ({
    name: `${dataTypeName(of.dataType)}, ${nullRate * 100} % nulls`,
    of: { ...of, nullable: nullRate > 0 },
    column: withoutNaN(of, randomColumn(of, rows, seededRandom(of.dataType), nullRate)),
  })),
);
const constant = new Uint8Array(new BigInt64Array(rows).fill(445644800000000000n).buffer);
inputs.push({
  name: "one value",
  of: field(DataType.Int64),
  column: { kind: "fixed", width: 8, data: constant, validity: undefined },
});

const annotations: Partial<Record<DataType, string>> = {
  [DataType.Int8]: "Int(bitWidth=8, isSigned=true)",
  [DataType.Int16]: "Int(bitWidth=16, isSigned=true)",
  [DataType.Int32]: "Int(bitWidth=32, isSigned=true)",
  [DataType.Int64]: "Int(bitWidth=64, isSigned=true)",
  [DataType.Timestamptz]: "Int(bitWidth=64, isSigned=true)",
  [DataType.VarChar]: "String",
  [DataType.Text]: "String",
};

describeWith("pymilvus-3.0.1")("pyarrow reads our payloads", () => {
  let read: Read[];
  beforeAll(() => {
    read = readAll(pythonOf("pymilvus-3.0.1"));
  });
  it.each(inputs.map((input, i) => [input.name, input, i] as const))("%s", (_name, { of, column }, i) => {
    expect(read[i]).toMatchObject({
      columns: ["val"],
      logical: annotations[of.dataType] ?? "None",
      optional: of.nullable,
      rowGroups: 1,
      createdBy: "sluice version 0.1.0 (build 0)",
    });
    if (isDenseVector(of.dataType))
      expect([read[i].physical, read[i].codec]).toEqual(["FIXED_LEN_BYTE_ARRAY", "UNCOMPRESSED"]);
    expect(read[i].rows).toEqual(cells(column, rows).map((cell) => (cell === null ? null : text(of.dataType, cell))));
  });
});

function readAll(interpreter: string): Read[] {
  const folder = mkdtempSync(join(tmpdir(), "sluice-pyarrow-"));
  try {
    const paths = inputs.map(({ of, column }, i) => {
      const path = join(folder, `${i}.parquet`);
      writeFileSync(path, parseBinlog(writeLog(of, column, rows)).events[0].payload);
      return path;
    });
    const script = join(import.meta.dirname, "pyarrow/read_payloads.py");
    return JSON.parse(
      execFileSync(interpreter, [script], { input: JSON.stringify(paths), encoding: "utf8", maxBuffer: 1 << 28 }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** NaN has many bit patterns and Python one name: random bits are made small numbers. */
function withoutNaN(of: FieldSchema, column: Column): Column {
  if (of.dataType === DataType.Float) for (let i = 3; i < column.data.length; i += 4) column.data[i] &= 0x3f;
  if (of.dataType === DataType.Double) for (let i = 7; i < column.data.length; i += 8) column.data[i] &= 0x3f;
  return column;
}

function text(dataType: DataType, cell: string): string {
  const bytes = Buffer.from(cell, "latin1");
  switch (dataType) {
    case DataType.Bool:
      return bytes[0] === 1 ? "True" : "False";
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
      return String(bytes.readIntLE(0, bytes.length));
    case DataType.Int64:
    case DataType.Timestamptz:
      return String(bytes.readBigInt64LE());
    case DataType.Float:
      return hexFloat(bytes.readFloatLE());
    case DataType.Double:
      return hexFloat(bytes.readDoubleLE());
    default:
      return bytes.toString("hex");
  }
}

/** Python's `float.hex`: exact, and easier to match than its decimal form. */
function hexFloat(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const sign = word >> 63n ? "-" : "";
  const exponent = Number((word >> 52n) & 0x7ffn);
  const mantissa = (word & ((1n << 52n) - 1n)).toString(16).padStart(13, "0");
  if (exponent === 0 && mantissa === "0".repeat(13)) return `${sign}0x0.0p+0`;
  const power = exponent === 0 ? -1022 : exponent - 1023;
  return `${sign}0x${exponent === 0 ? 0 : 1}.${mantissa}p${power < 0 ? "-" : "+"}${Math.abs(power)}`;
}
