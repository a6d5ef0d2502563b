import { zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { type RawColumn, type RawPage, rawParquetFile } from "@sluice/parquet/testing";
import { DataType } from "@sluice/schema";
import { decodeInsertLog, EventType } from "../src/index.ts";
import { wrap } from "./wrap.ts";

// What a payload says of itself is a claim: the reader says no before it allocates, with the place.

const int64 = { physical: "INT64" } as const;
const values = Buffer.from(new BigInt64Array(250).map((_, i) => BigInt(i)).buffer);

/** A log of one Int64 column. */
function log(pages: readonly RawPage[], rowCount: number, more: Partial<RawColumn> = {}): Buffer {
  const file = rawParquetFile({ rowCount, columns: [{ name: "val", type: int64, pages, ...more }] });
  return wrap(file, DataType.Int64, EventType.Insert);
}

it("reads a page of two zstd frames", () => {
  const body = Buffer.concat([zstdCompressSync(values.subarray(0, 1000)), zstdCompressSync(values.subarray(1000))]);
  const read = decodeInsertLog(log([{ body, numValues: 250, uncompressedSize: 2000 }], 250, { codec: "ZSTD" }));
  expect(read.rowCount).toBe(250);
  expect(Buffer.from(read.column.data).equals(values)).toBe(true);
});

describe("refuses without allocating", () => {
  const nulls = Buffer.from([8, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x04, 0, 0, 0]); // One run of 2^29 nulls.
  it.each<[what: string, log: Buffer, code: string, reason: RegExp]>([
    [
      "a page that claims two gigabytes",
      log([{ body: values, numValues: 250, uncompressedSize: 2 ** 31 - 1 }], 250, { codec: "ZSTD" }),
      "unsupported",
      /too large: limit 268435456 bytes/,
    ],
    [
      "a page that is longer than its chunk",
      log([{ body: values, numValues: 250, compressedSize: 200 << 20 }], 250),
      "malformed_file",
      /cut short/,
    ],
    [
      "more values than its rows",
      log([{ body: values, numValues: 2 ** 31 - 1 }], 250, { numValues: 250 }),
      "malformed_file",
      /more values than the footer says/,
    ],
    [
      "half a billion nulls in a dozen bytes",
      log([{ body: nulls, numValues: 2 ** 29 }], 2 ** 29, { isOptional: true }),
      "unsupported",
      /536870912 rows is too large: limit 1073741824 bytes/,
    ],
    [
      "a dictionary of two billion values",
      log([{ kind: "dictionary", body: values, numValues: 2 ** 31 - 1 }], 250, { numValues: 250 }),
      "malformed_file",
      /a dictionary of 2147483647 values has 2000 bytes/,
    ],
    [
      "other row counts in pages and footer",
      log([{ body: values, numValues: 250 }], 260),
      "malformed_file",
      /250 rows in the pages, 260 in the row group/,
    ],
  ])("%s", (_what, bytes, code, reason) => {
    const before = process.memoryUsage().arrayBuffers;
    const error = refusal(() => decodeInsertLog(bytes));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 << 20);
    expect(error).toMatchObject({ code, reason: expect.stringMatching(reason) });
    expect(error.at?.byteOffset).toBeGreaterThan(100);
    expect(error.at?.byteOffset).toBeLessThan(bytes.length);
  });

  it("a column beyond the limit that the caller sets", () => {
    const constant = log([{ body: values, numValues: 250 }], 250);
    expect(refusal(() => decodeInsertLog(constant, 1999)).reason).toMatch(/250 rows is too large: limit 1999 bytes/);
    expect(decodeInsertLog(constant, 2000).rowCount).toBe(250);
  });
});

function refusal(read: () => unknown): ImportError {
  try {
    read();
  } catch (error) {
    if (error instanceof ImportError) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}
