import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import type { Column } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { fixtureSchema, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { type RawColumn, type RawFile, type RawPage, rawParquetFile } from "@sluice/parquet/testing";
import { ParquetReader } from "../../../src/columnar/parquet/parquet-reader.ts";

// P2. Lengths and counts in a file are claims: the reader says no before it allocates, with file, field and byte.

const schema = fixtureSchema(
  {
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "title", type: 21, params: { max_length: 65535 } },
    ],
  },
  "main",
);
const ids = Buffer.from(new BigInt64Array(250).map((_, i) => BigInt(i)).buffer);
/** 250 texts of four bytes, PLAIN: 2,000 bytes. */
const texts = Buffer.concat(
  Array.from({ length: 250 }, (_, i) => Buffer.from([4, 0, 0, 0, 97, 98, 99, 65 + (i % 26)])),
);

/** A file of `id` and `title`, whose second column may be anything. */
function file(pages: readonly RawPage[], column: Partial<RawColumn> = {}, more: Partial<RawFile> = {}): Uint8Array {
  const id: RawColumn = { name: "id", type: { physical: "INT64" }, pages: [{ body: ids, numValues: 250 }] };
  const title: RawColumn = { name: "title", type: { physical: "BYTE_ARRAY", logical: "string" }, pages, ...column };
  return rawParquetFile({ rowCount: 250, columns: [id, title], ...more });
}

async function read(bytes: Uint8Array, wholeBytes?: number): Promise<Column[]> {
  const sources = [await memoryFile("f.parquet", bytes)];
  await using reader = new ParquetReader({ ...readerInput(schema, sources), ...(wholeBytes && { wholeBytes }) });
  let last: Column[] = [];
  for await (const { columns } of reader.batches({ batchBytes: 1 << 20, signal: new AbortController().signal }))
    last = columns as Column[];
  return last;
}

async function refusal(bytes: Uint8Array, wholeBytes?: number): Promise<ImportError> {
  const error = await read(bytes, wholeBytes).catch((error: unknown) => error);
  if (error instanceof ImportError) return error;
  throw new Error("expected a refusal", { cause: error });
}

test("a page of two zstd frames is read", async () => {
  const body = Buffer.concat([zstdCompressSync(texts.subarray(0, 1000)), zstdCompressSync(texts.subarray(1000))]);
  const [, title] = await read(file([{ body, numValues: 250, uncompressedSize: 2000 }], { codec: "ZSTD" }));
  expect(title.kind === "var" && title.offsets[250]).toBe(1000);
  expect(Buffer.from(title.data.subarray(996, 1000)).toString()).toBe("abcP");
});

describe("refuses", () => {
  const zeros = Buffer.alloc(100 << 20);
  const bomb = { numValues: 250, uncompressedSize: zeros.length };
  test.each<[what: string, file: () => Uint8Array, code: string, reason: RegExp]>([
    [
      "a page that claims two gigabytes",
      () => file([{ body: texts, numValues: 250, uncompressedSize: 2 ** 31 - 1 }], { codec: "SNAPPY" }),
      "unsupported",
      /a page of 2147483647 bytes is too large: limit 268435456 bytes/,
    ],
    [
      "a dictionary that claims a gigabyte",
      () =>
        file([{ kind: "dictionary", body: texts, numValues: 9, uncompressedSize: 2 ** 30 }], {
          codec: "LZ4_RAW",
          numValues: 250,
        }),
      "unsupported",
      /a page of 1073741824 bytes is too large/,
    ],
    [
      "a zstd bomb",
      () => file([{ body: zstdCompressSync(zeros), ...bomb }], { codec: "ZSTD" }),
      "unsupported",
      /a page of 104857600 bytes made of \d+ is too large: limit 67108864 bytes/,
    ],
    [
      "a gzip bomb",
      () => file([{ body: gzipSync(zeros), ...bomb }], { codec: "GZIP" }),
      "unsupported",
      /made of \d+ is too large/,
    ],
    [
      "a brotli bomb that says it is small",
      () =>
        file([{ body: brotliCompressSync(zeros.subarray(0, 10 << 20)), ...bomb, uncompressedSize: 2000 }], {
          codec: "BROTLI",
        }),
      "malformed_file",
      /brotli/,
    ],
    [
      "two billion values in a page",
      () => file([{ body: texts, numValues: 2 ** 31 - 1 }], { numValues: 250 }),
      "malformed_file",
      /more values than the footer says/,
    ],
    [
      "two billion values in page and footer",
      () => file([{ body: texts, numValues: 2 ** 31 - 1 }]),
      "malformed_file",
      /more rows than its row group/,
    ],
    [
      "a dictionary of two billion values",
      () => file([{ kind: "dictionary", body: texts, numValues: 2 ** 31 - 1 }], { numValues: 250 }),
      "malformed_file",
      /a dictionary of 2147483647 values has 2000 bytes/,
    ],
    [
      "more rows than there are",
      () => file([{ body: texts, numValues: 250 }], {}, { rowCount: 2 ** 40 }),
      "malformed_file",
      /ends before its row group does/,
    ],
  ])("%s", async (_what, make, code, reason) => {
    const bytes = make();
    const error = await refusal(bytes);
    expect(error).toMatchObject({ code, reason: expect.stringMatching(reason) });
    expect(error.at?.file).toBe("f.parquet");
    expect(error.at?.byteOffset).toBeLessThan(bytes.length);
  });

  test("pages of all columns that together exceed what a file may hold", async () => {
    const bytes = file([{ body: texts, numValues: 250 }]);
    const { code, reason, at } = await refusal(bytes, 3999);
    expect([code, reason]).toEqual([
      "unsupported",
      "the pages in memory take 4000 bytes, which is too large: limit 3999 bytes (in row group 0; write smaller pages, or give the datanode more --worker-memory)",
    ]);
    expect(at).toMatchObject({ file: "f.parquet", field: expect.stringMatching(/^(id|title)$/) });
    expect(await read(bytes, 4000)).toHaveLength(2);
  });
});

test("that more columns would become keys of $meta than can is found in time that grows as their number, not as its square", async () => {
  const dynamic = fixtureSchema(
    { fields: [{ name: "id", type: 5, is_primary: true }], enable_dynamic_field: true },
    "main",
  );
  const pages = [{ body: Buffer.alloc(8), numValues: 1 }];
  const names = ["id", ...Array.from({ length: 90_000 }, (_, i) => `c${i}`)];
  const columns = names.map((name): RawColumn => ({ name, type: { physical: "INT64" }, pages }));
  const sources = [await memoryFile("f.parquet", rawParquetFile({ rowCount: 1, columns }))];
  const begin = process.cpuUsage();
  await using reader = new ParquetReader(readerInput(dynamic, sources));
  const batches = reader.batches({ batchBytes: 1 << 20, signal: new AbortController().signal });
  await expect(Array.fromAsync(batches)).rejects.toThrow("90000 columns that no field takes cannot all become keys");
  const { user, system } = process.cpuUsage(begin);
  expect((user + system) / 1e6).toBeLessThan(12);
});
