import { gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";

// A file that is something else than its name says: the error says what it is, and what to do.

const schema = fixtureSchema({ fields: [{ name: "id", type: 5, is_primary: true }] });
const signal = new AbortController().signal;
const lines = '{"id":1}\n{"id":2}\n';
const bytes = (start: string) => Buffer.from(`${start}${"\0".repeat(64)}`, "latin1");
const utf16 = (text: string, mark = "") => Buffer.from(mark + text, "utf16le");
const utf32 = (text: string) => Buffer.from(Uint32Array.from(text, (char) => char.codePointAt(0) as number).buffer);

const extensions: Readonly<Record<string, string>> = {
  json: ".json",
  jsonl: ".jsonl",
  npy: ".npy",
  parquet: ".parquet",
};

async function reasonOf(format: string, body: Uint8Array): Promise<string> {
  const input = readerInput(schema, [await memoryFile(`id${extensions[format]}`, body)]);
  await using reader = formatNamed(format).open(input);
  try {
    for await (const _ of reader.batches({ batchBytes: 1 << 20, signal }));
  } catch (error) {
    expect(error).toMatchObject({ code: "malformed_file", at: { file: `id${extensions[format]}` } });
    return (error as Error).message;
  }
  throw new Error(`${format} takes it`);
}

const texts: [string, Uint8Array, RegExp][] = [
  ["UTF-16 with a mark", utf16(lines, "\ufeff"), /the file is UTF-16: save it as UTF-8/],
  ["UTF-16 without a mark", utf16(lines), /the file is UTF-16: save it as UTF-8/],
  ["UTF-16, big-endian", utf16(lines).swap16(), /the file is UTF-16: save it as UTF-8/],
  ["UTF-32", utf32(lines), /the file is UTF-32: save it as UTF-8/],
];

/** Text may be so. */
const compressed: [string, Uint8Array, RegExp][] = [
  ["gzip", gzipSync(lines), /the file is compressed with gzip: decompress it/],
  ["zstd", bytes("\x28\xb5\x2f\xfd"), /compressed with zstd: decompress it/],
  ["bzip2", bytes("BZh91AY&SY"), /compressed with bzip2: decompress it/],
  ["xz", bytes("\xfd7zXZ\0"), /compressed with xz: decompress it/],
];

const foreign: [string, Uint8Array, RegExp][] = [
  ["a zip archive", bytes("PK\x03\x04"), /a zip archive: one of files ends with .zip/],
  ["an error page", Buffer.from("<!DOCTYPE html><html><body>403"), /a page of a web server/],
  ["an error of S3", Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied'), /a page of a web server/],
  [
    "a pointer of Git LFS",
    Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
    /Git LFS, not the data: run: git lfs pull/,
  ],
  ["Arrow", bytes("ARROW1\0\0"), /the file is Arrow: give it the extension \.arrow/],
  ["HDF5", bytes("\x89HDF\r\n\x1a\n"), /the file is HDF5/],
  ["SQLite", bytes("SQLite format 3\0"), /the file is a SQLite database: give it the extension \.sqlite/],
  ["MATLAB", bytes("MATLAB 5.0 MAT-file, Platform: GLNXA64"), /of MATLAB before version 7\.3: save it with/],
  ["a pickle", bytes("\x80\x04\x95"), /a Python pickle/],
];

const parquet: (typeof foreign)[number] = [
  "Parquet",
  bytes("PAR1"),
  /the file is Parquet: give it the extension \.parquet/,
];
const npy: (typeof foreign)[number] = ["NumPy", bytes("\x93NUMPY\x01\0"), /a NumPy array: give it the extension \.npy/];
const json: (typeof foreign)[number] = ["JSON", Buffer.from(lines), /the file is JSON: give it the extension \.json/];

describe.each(["json", "jsonl"])("under a name of %s", (format) => {
  it.each([...texts, ...foreign, parquet, npy])("%s is told", async (_, body, words) => {
    expect(await reasonOf(format, body)).toMatch(words);
  });

  it("other bytes are told as they are", async () => {
    expect(await reasonOf(format, Buffer.from("id,title\n1,a\n"))).not.toContain("the file is");
  });
});

describe("under the name of NumPy", () => {
  it.each([...compressed, ...foreign, parquet, json])("%s is told", async (_, body, words) => {
    expect(await reasonOf("npy", body)).toMatch(words);
  });
});

describe("under the name of Parquet", () => {
  it.each([...compressed, ...foreign, npy, json])("%s is told", async (_, body, words) => {
    expect(await reasonOf("parquet", body)).toMatch(words);
  });
});
