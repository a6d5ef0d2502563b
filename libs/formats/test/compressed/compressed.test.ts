import { constants, createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import type { SourceFile } from "@sluice/object-store";
import { memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import { compressionOf } from "../../src/compressed/compressions.ts";
import { InflatedFile } from "../../src/compressed/inflated-file.ts";

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "t", type: 21, params: { max_length: 99 } },
  ],
});
const lines = (from: number, to: number) =>
  Buffer.from(
    Array.from({ length: to - from }, (_, i) => `{"id":${from + i},"t":"text ${(from + i) % 7}"}\n`).join(""),
  );
const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const compress: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes, checksum),
};
const signal = new AbortController().signal;

async function idsOf(file: SourceFile, format = "jsonl") {
  const rows = await readCanonicalRows(schema, formatNamed(format).open(readerInput(schema, [file])));
  return rows.map(({ id }) => Number(id));
}
const ids = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The file by chunks of other sizes. */
function inChunks(file: SourceFile, sizes: readonly number[]): SourceFile {
  async function* read() {
    const whole = Buffer.concat(await Array.fromAsync(file.read()));
    for (let at = 0, i = 0; at < whole.length; i++) {
      yield whole.subarray(at, at + sizes[i % sizes.length]);
      at += sizes[i % sizes.length];
    }
  }
  const { path, sizeBytes, version, supports } = file;
  return {
    ...{ path, sizeBytes, version, supports, read },
    readInto: (position, target) => file.readInto(position, target),
    check: () => file.check(),
    [Symbol.asyncDispose]: async () => {},
  };
}

describe.each(Object.keys(compress))("text compressed with %s", (name) => {
  const packed = compress[name];

  it("is read as what it holds, whatever its name", async () => {
    for (const path of ["a.jsonl", "a.jsonl.gz", "a.zst"])
      expect(await idsOf(await memoryFile(path, packed(lines(0, 5000))))).toEqual(ids(5000));
    const document = Buffer.from(
      JSON.stringify({
        rows: [
          { id: 0, t: "a" },
          { id: 1, t: "b" },
        ],
      }),
    );
    expect(await idsOf(await memoryFile("a.json.gz", packed(document)), "json")).toEqual([0, 1]);
  });

  it("may be CSV", async () => {
    const text = Buffer.from(`id,t\n${Array.from({ length: 3000 }, (_, i) => `${i},"a ""b""\n${i}"`).join("\n")}\n`);
    expect(await idsOf(await memoryFile("a.csv.gz", packed(text)), "csv")).toEqual(ids(3000));
    const { columns } = await formatNamed("csv").describe([await memoryFile("a.csv.gz", packed(text))], signal);
    expect(columns.map((column) => column.name)).toEqual(["id", "t"]);
  });

  it("may be several frames one behind the other, however they come", async () => {
    const file = await memoryFile(
      "a",
      Buffer.concat([packed(lines(0, 40)), packed(lines(40, 90)), packed(Buffer.alloc(0))]),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
        expect(await idsOf(inChunks(file, sizes))).toEqual(ids(90));
      }),
      { numRuns: 20 },
    );
    const one = packed(lines(0, 40));
    expect(
      await idsOf(inChunks(await memoryFile("a", Buffer.concat([one, packed(lines(40, 90))])), [one.length])),
    ).toEqual(ids(90));
  });

  it("that breaks off anywhere is an error, never fewer rows", async () => {
    const whole = Buffer.concat([packed(lines(0, 300)), packed(lines(300, 400))]);
    const boundary = packed(lines(0, 300)).length;
    for (let length = 5; length < whole.length; length += 11) {
      if (length === boundary) continue;
      const file = inChunks(await memoryFile("a.jsonl.gz", whole.subarray(0, length)), [97]);
      await expect(idsOf(file)).rejects.toMatchObject({
        code: "malformed_file",
        reason: expect.stringContaining(`cannot be decompressed with ${name}: `),
        at: { file: "a.jsonl.gz" },
      });
    }
  });

  it("with a changed byte is an error, or the rows that it had", async () => {
    const whole = packed(lines(0, 200));
    for (let at = 4; at < whole.length; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 1 << (at % 8);
      const read = await idsOf(await memoryFile("a", damaged)).catch((error: { code: string }) => error.code);
      // Name and time of a gzip header may be anything.
      expect(read).toEqual(typeof read === "string" ? "malformed_file" : ids(200));
    }
  });

  it("is described and looked at, and never cut", async () => {
    const file = await memoryFile("a.jsonl.gz", packed(lines(0, 5000)));
    const { columns, sampledRows } = await formatNamed("jsonl").describe([file], signal);
    expect([columns.map((column) => column.name), sampledRows]).toEqual([["id", "t"], 1000]);
    expect(await formatNamed("jsonl").probe(readerInput(schema, [file]), signal)).toEqual({
      ...{ rowCount: undefined, cuts: "nowhere", extent: file.sizeBytes },
    });
  });

  it("tells its progress in compressed bytes", async () => {
    const bytes = packed(Buffer.concat(Array.from({ length: 40 }, () => lines(0, 5000))));
    const file = inChunks(await memoryFile("a", bytes), [2000]);
    await using reader = formatNamed("jsonl").open(readerInput(schema, [file]));
    const progress: number[] = [];
    for await (const { sourceBytes } of reader.batches({ batchBytes: 100_000, signal })) progress.push(sourceBytes);
    expect(progress.at(-1)).toBeLessThanOrEqual(bytes.length);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress[0]).toBeLessThan(bytes.length);
  });

  it("goes on from read to read, and begins anew for one that goes back", async () => {
    const text = Buffer.from("0123456789".repeat(10));
    const file = await memoryFile("a", packed(text));
    await using inflated = new InflatedFile(file, compressionOf(packed(text))?.decompress as never);
    const read = async (position: number, length: number) => {
      const target = Buffer.alloc(length);
      return target.subarray(0, await inflated.readInto(position, target)).toString();
    };
    expect(await read(0, 4)).toBe("0123");
    expect(await read(4, 3)).toBe("456");
    expect(await read(15, 2)).toBe("56");
    expect(await read(2, 2)).toBe("23");
    expect(await read(95, 20)).toBe("56789");
    expect(await read(100, 20)).toBe("");
    expect(await read(500, 20)).toBe("");
    expect(Buffer.concat(await Array.fromAsync(inflated.read({ start: 3, end: 12 }))).toString()).toBe("345678901");
  });

  it("takes no memory for what it claims: a row that never ends is refused", async () => {
    const bomb = packed(Buffer.alloc(100 << 20, " "));
    expect(bomb.length).toBeLessThan(1 << 20);
    const before = process.memoryUsage.rss();
    await expect(
      idsOf(await memoryFile("a", Buffer.concat([packed(Buffer.from('{"id":1,"t":"')), bomb]))),
    ).rejects.toThrow("a row is larger than");
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20);
  });

  it("hands over what storage says", async () => {
    const file = await memoryFile("a", packed(lines(0, 5000)));
    async function* away(): AsyncGenerator<Uint8Array> {
      yield packed(lines(0, 5000)).subarray(0, 100);
      throw new Error("storage is away");
    }
    await expect(idsOf({ ...inChunks(file, [100]), read: away })).rejects.toThrow("storage is away");
  });
});

it("a frame of zstd without data, with which pzstd begins, is passed over wherever it stands", async () => {
  for (const mark of [0x50, 0x5f]) {
    const skipped = Buffer.from([mark, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    const [first, second] = [lines(0, 500), lines(500, 900)].map((part) => compress.zstd(part));
    const file = await memoryFile("a.jsonl.zst", Buffer.concat([skipped, first, skipped, skipped, second, skipped]));
    expect(await idsOf(inChunks(file, [7, 100]))).toEqual(ids(900));
    await expect(idsOf(await memoryFile("a", Buffer.concat([skipped, lines(0, 9)])))).rejects.toMatchObject({
      code: "malformed_file",
    });
  }
});

it("a window that would take more memory than there is for it is refused, saying what to do", async () => {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 28 } });
  for (let i = 0; i < 10; i++) stream.write(lines(i * 9000, (i + 1) * 9000));
  stream.end();
  const file = await memoryFile("a.jsonl.zst", Buffer.concat(await Array.fromAsync(stream)));
  await expect(idsOf(file)).rejects.toThrow("its window is larger than 128 MiB: compress it with --long=27 at most");
});

describe("text that is not compressed", () => {
  it("is read, whatever its name", async () => {
    expect(await idsOf(await memoryFile("a.jsonl.gz", lines(0, 100)))).toEqual(ids(100));
    expect(await idsOf(await memoryFile("a.jsonl.gz", Buffer.alloc(0)))).toEqual([]);
  });

  it("may end behind a compressed member only in zeros", async () => {
    const padded = Buffer.concat([gzipSync(lines(0, 9)), Buffer.alloc(500)]);
    expect(await idsOf(await memoryFile("a.jsonl.gz", padded))).toEqual(ids(9));
    for (const packed of Object.values(compress)) {
      const file = await memoryFile("a", Buffer.concat([packed(lines(0, 9)), lines(9, 12)]));
      await expect(idsOf(file)).rejects.toMatchObject({ code: "malformed_file" });
    }
  });
});
