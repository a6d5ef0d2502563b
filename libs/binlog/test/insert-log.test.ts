import { zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import type { Column } from "@sluice/columns";
import { DataType, dataTypeName, type FieldSchema, fixedWidth } from "@sluice/schema";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { decodeInsertLog, parseBinlog } from "../src/index.ts";
import { allTypes, cells, field, randomColumn, seededRandom } from "./random-columns.ts";
import { writeLog } from "./write-log.ts";

const typeCases = allTypes.map((of) => [dataTypeName(of.dataType), of] as const);

describe.each(typeCases)("insert log of %s", (_name, of) => {
  it("comes back as it went in, with and without nulls, short and long", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer(),
        fc.constantFrom(0, 0.3, 1),
        (rows, seed, nullRate) => {
          const nullable = nullRate > 0;
          const column = randomColumn(of, rows, seededRandom(seed), nullRate);
          const log = decodeInsertLog(writeLog({ ...of, nullable }, column, rows));
          expect(log.rowCount).toBe(rows);
          expect(log.column.kind).toBe(column.kind);
          expect(cells(log.column, rows)).toEqual(cells(column, rows));
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it("keeps zero bytes, or none, for nulls, in aligned memory of its own", () => {
    const column = randomColumn(of, 50, seededRandom(5), 0.5);
    const read = decodeInsertLog(writeLog({ ...of, nullable: true }, column, 50)).column;
    expect(read.data).toEqual(column.data);
    expect(read.data.byteOffset % 8).toBe(0);
    if (read.kind === "fixed") expect(read.width).toBe(fixedWidth(of));
  });

  it("is Parquet that another reader decodes", async () => {
    const column = randomColumn(of, 300, seededRandom(9), 0.2);
    const nullable = { ...of, nullable: true };
    const rows = await readWithHyparquet(writeLog(nullable, column, 300));
    expect(rows.map((row) => row.val)).toEqual(cells(column, 300).map((cell) => plainValue(of, cell)));
  });
});

describe("insert log", () => {
  it("takes slices of larger columns", () => {
    const texts = randomColumn(field(DataType.VarChar), 30, seededRandom(3));
    if (texts.kind !== "var") throw new Error("expected texts");
    const slice: Column = { ...texts, offsets: texts.offsets.subarray(10) };
    const read = decodeInsertLog(writeLog(field(DataType.VarChar), slice, 20));
    expect(cells(read.column, 20)).toEqual(cells(texts, 30).slice(10));
  });

  it("does not copy vectors: their piece is a view of the column", () => {
    const column = randomColumn(field(DataType.FloatVector, { dim: 8 }), 100, seededRandom(1));
    const log = writeLog(field(DataType.FloatVector, { dim: 8 }), column, 100);
    const at = log.indexOf(Buffer.from(column.data));
    expect(at).toBeGreaterThan(0);
    expect(log.length - column.data.length).toBeLessThan(400);
  });

  it("begins rows of a mebibyte and more at a block of the file, behind blanks in its extras, and ends at one", () => {
    const of = field(DataType.FloatVector, { dim: 64 });
    for (const rows of [4095, 4096, 4097, 9000]) {
      const column = randomColumn(of, rows, seededRandom(rows));
      const log = writeLog(of, column, rows);
      const at = log.indexOf(Buffer.from(column.data).subarray(0, 256));
      if (rows === 4095) expect(at).toBeLessThan(300);
      else expect([at % 4096, log.length % 4096]).toEqual([0, 0]);
      expect(at).toBeLessThanOrEqual(4096);
      expect(cells(decodeInsertLog(log).column, rows)).toEqual(cells(column, rows));
    }
  });

  it("compresses what shrinks, level by page, and leaves the rest", () => {
    const ascending = new BigInt64Array(400_000).map((_, i) => BigInt(i));
    const rows = ascending.length;
    const log = writeLog(field(DataType.Int64), int64Column(ascending), rows);
    expect(log.length).toBeLessThan(rows * 2);
    expect(Buffer.from(ascending.buffer).equals(decodeInsertLog(log).column.data)).toBe(true);
    const noise = randomColumn(field(DataType.Int64), 4000, seededRandom(4));
    expect(writeLog(field(DataType.Int64), noise, 4000).length).toBeGreaterThan(noise.data.length);
  });

  it("writes a column of one value as a dictionary of some dozen bytes", () => {
    const rows = 100_000;
    const log = writeLog(field(DataType.Int64), int64Column(new BigInt64Array(rows).fill(-5n)), rows);
    expect(log.length).toBeLessThan(450);
    const { column } = decodeInsertLog(log);
    expect(new BigInt64Array(column.data.buffer).every((value) => value === -5n)).toBe(true);
  });

  it("puts large texts on pages of their own", () => {
    const cell = Buffer.alloc(700_000, "x");
    const offsets = Uint32Array.from({ length: 6 }, (_, i) => i * cell.length);
    const data = new Uint8Array(Buffer.concat([cell, cell, cell, cell, cell]));
    const column: Column = { kind: "var", offsets, data, validity: undefined };
    const read = decodeInsertLog(writeLog(field(DataType.JSON), column, 5)).column;
    expect(read.kind === "var" && read.offsets).toEqual(offsets);
    expect(Buffer.from(read.data).equals(data)).toBe(true);
  });

  it("says in its extras what Milvus's writers say", () => {
    const extras = (of: FieldSchema, more = {}) =>
      parseBinlog(
        writeLog(
          of,
          randomColumn(of, 10, () => 0),
          10,
          more,
        ),
      ).descriptor.extras;
    expect(extras(field(DataType.Int64))).toEqual({ originalSize: 80, nullable: undefined, version: undefined });
    expect(extras(field(DataType.Int64), { dialect: "2.5" })).toMatchObject({ nullable: false });
    expect(extras(field(DataType.Int64, { nullable: true }))).toMatchObject({ nullable: true });
    expect(extras(field(DataType.FloatVector, { dim: 4 })).originalSize).toBe(164);
    expect(extras(field(DataType.VarChar)).originalSize).toBe(160);
  });

  it("refuses to write no rows, and nulls in a form that has none", () => {
    const column = randomColumn(field(DataType.Int64), 1, seededRandom(1));
    expect(() => writeLog(field(DataType.Int64), column, 0)).toThrow(/0 rows/);
    expect(() => writeLog(field(DataType.Int64, { nullable: true }), column, 1, { dialect: "2.3" })).toThrow(
      /dialect 2.5/,
    );
  });

  it("reads several data events, one after the other", () => {
    const parts = [3, 5].map((rows) => randomColumn(field(DataType.Int32), rows, seededRandom(rows)));
    const [first, second] = parts.map((column) => writeLog(field(DataType.Int32), column, column.data.length / 4));
    const secondEvent = second.subarray(4 + second.readInt32LE(13));
    const read = decodeInsertLog(Buffer.concat([first, secondEvent]));
    expect(Buffer.from(read.column.data)).toEqual(Buffer.concat(parts.map((part) => part.data)));
  });

  it("answers damage with an error of its own, or with rows, and never hangs", () => {
    const logs = allTypes.map((of) =>
      writeLog({ ...of, nullable: true }, randomColumn(of, 60, seededRandom(2), 0.2), 60),
    );
    const damage = fc.record({
      log: fc.nat(logs.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.nat(255),
    });
    fc.assert(
      fc.property(damage, ({ log, at, byte }) => {
        const bytes = Buffer.from(logs[log]);
        bytes[Math.min(bytes.length - 1, Math.floor(at * bytes.length))] = byte;
        expectReadOrRefused(bytes);
        expectReadOrRefused(bytes.subarray(0, Math.floor(at * bytes.length)));
      }),
      { numRuns: 3000, seed: 7 },
    );
  });
});

function expectReadOrRefused(bytes: Uint8Array): void {
  try {
    decodeInsertLog(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: "ImportError", code: expect.stringMatching(/malformed_file|unsupported/) });
  }
}

function int64Column(values: BigInt64Array): Column {
  return {
    kind: "fixed",
    width: 8,
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    validity: undefined,
  };
}

async function readWithHyparquet(log: Buffer): Promise<Record<string, unknown>[]> {
  const { payload } = parseBinlog(log).events[0];
  const file = Uint8Array.from(payload).buffer;
  expect(parquetMetadata(file).num_rows).toBe(300n);
  return parquetReadObjects({ file, utf8: false, compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) } });
}

/** What a Parquet reader gives for the bytes of a cell. */
function plainValue(of: FieldSchema, cell: string | null): unknown {
  if (cell === null) return null;
  const bytes = Buffer.from(cell, "latin1");
  switch (of.dataType) {
    case DataType.Bool:
      return bytes[0] === 1;
    case DataType.Int8:
      return bytes.readInt8();
    case DataType.Int16:
      return bytes.readInt16LE();
    case DataType.Int32:
      return bytes.readInt32LE();
    case DataType.Int64:
    case DataType.Timestamptz:
      return bytes.readBigInt64LE();
    case DataType.Float:
      return bytes.readFloatLE();
    case DataType.Double:
      return bytes.readDoubleLE();
    case DataType.VarChar:
    case DataType.Text:
      return bytes.toString();
    default:
      return new Uint8Array(bytes);
  }
}
