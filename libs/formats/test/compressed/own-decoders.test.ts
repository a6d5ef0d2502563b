import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import { compressionOf } from "../../src/compressed/compressions.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name));

const text = Buffer.from(Array.from({ length: 5000 }, (_, i) => `{"id":${i},"t":"text ${i % 7}"}\n`).join(""));
const runs = Buffer.concat([
  ...Array.from({ length: 300 }, (_, n) => Buffer.alloc(n, 97 + (n % 5))),
  Buffer.alloc(300_000, "x"),
]);
const every = Buffer.from(Array.from({ length: 768 }, (_, i) => i % 256));
function noise(length: number): Buffer {
  let value = 1;
  return Buffer.from(
    Array.from({ length }, () => {
      value = (value * 48271) % 2147483647;
      return (value >>> 11) & 255;
    }),
  );
}

async function contentOf(bytes: Uint8Array): Promise<Buffer> {
  const compression = compressionOf(bytes);
  if (!compression) throw new Error("not compressed");
  await using content = compression.decompress(await memoryFile("a.jsonl.x", bytes));
  const pieces: Uint8Array[] = [];
  for (let piece = await content.next(); piece; piece = await content.next()) pieces.push(piece);
  expect(content.compressedBytes).toBe(bytes.length);
  return Buffer.concat(pieces);
}

it.each<[name: string, content: Buffer]>([
  ["text.bz2", text],
  ["runs.bz2", runs],
  ["noise.bz2", noise(20_000)],
  ["every.bz2", every],
  ["empty.bz2", Buffer.alloc(0)],
  ["streams.bz2", text],
  ["text.xz", text],
  ["blocks.xz", text],
  ["small-dictionary.xz", text],
  ["positions.xz", text],
  ["literals.xz", text],
  ["runs.xz", runs],
  ["noise.xz", Buffer.concat([noise(70_000), text.subarray(0, 3000)])],
  ["every.xz", every],
  ["sha256.xz", every],
  ["unchecked.xz", every],
  ["empty.xz", Buffer.alloc(0)],
  ["streams.xz", text],
])("%s holds what was put in", async (name, content) => {
  expect((await contentOf(fixture(name))).equals(content)).toBe(true);
});

it.each([
  ["delta.xz", "it was written with the filter delta: write it without, as xz does by itself"],
  ["large-dictionary.xz", "its dictionary is larger than 64 MiB: compress it with xz -9 at most"],
])("%s is refused, saying what to do", async (name, why) => {
  await expect(contentOf(fixture(name))).rejects.toThrow(why);
});

it("rows are read from both", async () => {
  const fields = [
    { name: "id", type: 5, is_primary: true },
    { name: "t", type: 21, params: { max_length: 99 } },
  ];
  const schema = fixtureSchema({ fields });
  for (const name of ["streams.bz2", "blocks.xz"]) {
    const file = await memoryFile(`a.jsonl.${name}`, fixture(name));
    const rows = await readCanonicalRows(schema, formatNamed("jsonl").open(readerInput(schema, [file])));
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  }
});

const whole = ["every.bz2", "streams.bz2", "every.xz", "sha256.xz", "streams.xz"];

describe.each(whole)("%s", (name) => {
  const bytes = fixture(name);
  const called = name.endsWith("bz2") ? "bzip2" : "xz";
  const outcome = (damaged: Uint8Array) =>
    contentOf(damaged).catch((error: { code?: string; reason?: string; at?: object }) => {
      expect(error).toMatchObject({ code: "malformed_file", at: { file: "a.jsonl.x" } });
      expect(error.reason).toContain(`the file cannot be decompressed with ${called}: `);
    });

  it("that breaks off is an error, or what its whole streams hold", async () => {
    const content = await contentOf(bytes);
    for (let length = 6; length < bytes.length; length += 1 + Math.floor(bytes.length / 25)) {
      const read = await outcome(bytes.subarray(0, length));
      if (read) expect([1000, content.length]).toContain(read.length);
    }
  });

  it("with a changed bit is an error, or what it held", async () => {
    const content = await contentOf(bytes);
    const place = fc.tuple(fc.integer({ min: 6, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }));
    await fc.assert(
      fc.asyncProperty(place, async ([at, bit]) => {
        const damaged = Buffer.from(bytes);
        damaged[at] ^= 1 << bit;
        const read = await outcome(damaged);
        if (read) expect(read.equals(content)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("with other bytes in it ends, in one way or the other", async () => {
    const junk = fc.uint8Array({ minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 6, max: bytes.length - 1 }), junk, async (at, put) => {
        const damaged = Buffer.from(bytes);
        damaged.set(put.subarray(0, damaged.length - at), at);
        await outcome(damaged);
      }),
      { numRuns: 20 },
    );
  });
});
