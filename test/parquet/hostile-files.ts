import { gzipSync, zstdCompressSync } from "node:zlib";
import { type RawColumn, type RawPage, rawParquetFile } from "@sluice/parquet/testing";

// Files that claim or hold far more than they should. Their one column is `id`, an Int64 of 250 rows.

const rows = 250;
const ids = Buffer.from(new BigInt64Array(rows).map((_, i) => BigInt(i)).buffer);
const good: RawPage = { body: ids, numValues: rows };

/** A gigabyte of zeros in pieces that decompress one after the other. */
const zeros = Buffer.alloc(1 << 20);
const repeated = (piece: Uint8Array) => Buffer.concat(new Array(1024).fill(piece));
const zstdBomb = repeated(zstdCompressSync(zeros));
const gzipBomb = repeated(gzipSync(zeros));

const file = (page: RawPage, column: Partial<RawColumn> = {}, rowCount = rows) =>
  rawParquetFile({ rowCount, columns: [{ name: "id", type: { physical: "INT64" }, pages: [page], ...column }] });

/** A file that is nothing but its footer. */
function footerOnly(footer: Uint8Array): Uint8Array {
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from("PAR1"), footer, tail, Buffer.from("PAR1")]);
}

/** A thrift list of `count` structures, each of which is this one, as field `id` of the footer. */
function footerList(id: number, count: number, element: readonly number[]): Uint8Array {
  const head = [(id << 4) | 9, 0xfc, ...varint(count)];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(count * element.length, Buffer.from(element)), Buffer.of(0)]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

/** Files by what is wrong with them; the first one is right. */
export const hostileFiles: Readonly<Record<string, Uint8Array>> = {
  "a file like others": file(good),
  "a page that claims two gigabytes": file({ ...good, uncompressedSize: 2 ** 31 - 1 }, { codec: "ZSTD" }),
  "a zstd page that holds a gigabyte": file(
    { body: zstdBomb, numValues: rows, uncompressedSize: 2 ** 30 },
    { codec: "ZSTD" },
  ),
  "a zstd page that holds a gigabyte and claims little": file(
    { body: zstdBomb, numValues: rows, uncompressedSize: 2000 },
    { codec: "ZSTD" },
  ),
  "a gzip page that holds a gigabyte": file(
    { body: gzipBomb, numValues: rows, uncompressedSize: 2 ** 30 },
    { codec: "GZIP" },
  ),
  "a gzip page that holds a gigabyte and claims little": file(
    { body: gzipBomb, numValues: rows, uncompressedSize: 2000 },
    { codec: "GZIP" },
  ),
  "a snappy page that claims 200 MiB": file({ ...good, uncompressedSize: 200 << 20 }, { codec: "SNAPPY" }),
  "a page of two billion values": file({ ...good, numValues: 2 ** 31 - 1 }),
  "two billion rows in a page": file({ ...good, numValues: 2 ** 31 - 1 }, {}, 2 ** 31 - 1),
  "a dictionary of two billion values": file(
    { ...good, kind: "dictionary", numValues: 2 ** 31 - 1 },
    { numValues: rows },
  ),
  "a billion nulls": file(
    { body: Buffer.from([6, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x08, 0]), numValues: 2 ** 30 },
    { isOptional: true },
    2 ** 30,
  ),
  "metadata of 40 MiB": rawParquetFile({
    rowCount: 0,
    columns: [],
    keyValues: [{ key: "k", value: "x".repeat(40 << 20) }],
  }),
  // With rows: of a table without any nothing but the footer is read.
  "30 MiB of nested lists for pandas": rawParquetFile({
    rowCount: rows,
    columns: [],
    keyValues: [{ key: "pandas", value: `{"index_columns":[${"[],".repeat(10 << 20)}[]]}` }],
  }),
  "a footer of nested structures": footerOnly(Buffer.alloc(30 << 20, 0x1c)),
  "a schema of millions of elements": footerOnly(footerList(2, 30 << 20, [0])),
  "millions of row groups": footerOnly(
    Buffer.concat([
      Buffer.from([0x29, 0x1c, 0x48, 1, 120, 0x15, 0, 0, 0x16, 0]), // A root without columns, no rows.
      footerList(1, 6 << 20, [0x19, 0x0c, 0x26, 0, 0]),
    ]),
  ),
};
