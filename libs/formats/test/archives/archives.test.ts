import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { archiveMembers, checkMembers, formatNamed, isArchive, memberOfPath } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import fc from "fast-check";
import { openFile } from "../../src/archives/archive.ts";

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "t", type: 21, params: { max_length: 99 } },
  ],
});
const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name));

/** An archive in a store, under a name. */
async function membersOf(name: string, bytes: Uint8Array, matches = (_: string) => true) {
  const store = new MemoryObjectStore();
  await store.put(name, [bytes]);
  const sources = sourcesOf(store);
  return { sources, files: await archiveMembers(sources, await sources.find(name), matches) };
}

/** Ids of the rows of an archive's files of JSON Lines, by their names. */
async function rowsOf(name: string, bytes: Uint8Array): Promise<[name: string, ids: string][]> {
  const { sources, files } = await membersOf(name, bytes, (member) => member.endsWith(".jsonl"));
  const found: [string, string][] = [];
  for (const ref of files) {
    await using file = await openFile(sources, ref);
    const rows = await readCanonicalRows(schema, formatNamed("jsonl").open(readerInput(schema, [file])));
    found.push([ref.path.slice(name.length), rows.length === 0 ? "" : `${rows[0].id}-${rows.at(-1)?.id}`]);
  }
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const long = "a-long-name-".repeat(9);
const all = [
  ["!/a.jsonl", "0-39"],
  [`!/deep/${long}/${long}.jsonl`, "50-59"],
  ["!/year=2024/b.jsonl", "40-49"],
];
const short = [all[0], all[2]];
const below = short.map(([name, ids]) => [`!/${"x".repeat(60)}/${"y".repeat(60)}${name.slice(1)}`, ids]);

describe("archives", () => {
  it.each([
    ["deflated.zip", all],
    ["stored.zip", all],
    ["python.zip", short],
    ["streamed.zip", short],
    ["gnu.tar", all],
    ["pax.tar", all],
    ["ustar.tar", below],
  ])("%s: its files are read", async (name, rows) => {
    expect(await rowsOf(name, fixture(name))).toEqual(rows);
  });

  it("of tar may be compressed, whatever they are called", async () => {
    const tar = fixture("gnu.tar");
    for (const name of ["a.tar.gz", "a.tgz", "a.tar"]) expect(await rowsOf(name, gzipSync(tar))).toEqual(all);
    expect(await rowsOf("a.tar.zst", zstdCompressSync(tar))).toEqual(all);
    const { files } = await membersOf("a.tgz", gzipSync(tar));
    expect(files.map(({ member }) => member?.isSequential)).toEqual(files.map(() => true));
  });

  it("hold text that is compressed too", async () => {
    const store = storedZip("b.jsonl.gz", gzipSync('{"id":7,"t":"a"}\n'));
    const { sources, files } = await membersOf("a.zip", store);
    await using file = await openFile(sources, files[0]);
    const rows = await readCanonicalRows(schema, formatNamed("jsonl").open(readerInput(schema, [file])));
    expect(rows.map(({ id }) => Number(id))).toEqual([7]);
  });

  it("have files whose names lead out of them, which unpacking leaves out", async () => {
    const store = storedZip("../../b/./a.jsonl", Buffer.from('{"id":7,"t":"a"}\n'));
    const { files } = await membersOf("a.zip", store, (name) => !name.split("/").some((part) => part.startsWith(".")));
    expect(files.map(({ path }) => path)).toEqual(["a.zip!/b/a.jsonl"]);
  });

  it("of tar that stand one behind the other are refused, whose files programs leave out", async () => {
    const tar = fixture("gnu.tar");
    for (const twice of [Buffer.concat([tar, tar]), gzipSync(Buffer.concat([tar, tar]))])
      await expect(membersOf("a.tar", twice)).rejects.toThrow(
        `behind the end of the archive another one begins (byte ${tar.length}), whose files would be left out`,
      );
    const padded = Buffer.concat([tar, Buffer.alloc(3 * 512), Buffer.from("something else".repeat(40))]);
    expect(await rowsOf("a.tar", padded)).toEqual(all);
  });

  it("are told by their names", () => {
    expect(["a.zip", "b/A.TAR", "a.tar.gz", "a.tgz", "a.txz", "a.tar.bz2"].map(isArchive)).not.toContain(false);
    expect(["a.zip.gz", "zip", "a.jsonl.gz", "a.npz"].map(isArchive)).not.toContain(true);
    expect(memberOfPath("s3://b/a.zip!c/d.csv")).toEqual({ archive: "s3://b/a.zip", inside: "c/d.csv" });
    expect(memberOfPath("a.tar.gz!/d.csv")).toEqual({ archive: "a.tar.gz", inside: "d.csv" });
    expect(memberOfPath("a!b.csv")).toBeUndefined();
  });

  it("that are stored are cut as other files are, compressed ones are not", async () => {
    const cutsOf = async (name: string) => {
      const { sources, files } = await membersOf(name, fixture(name), (member) => member === "a.jsonl");
      await using file = await openFile(sources, files[0]);
      return (await formatNamed("jsonl").probe(readerInput(schema, [file]), new AbortController().signal)).cuts;
    };
    expect([await cutsOf("stored.zip"), await cutsOf("gnu.tar")]).toEqual(["anywhere", "anywhere"]);
    expect(await cutsOf("deflated.zip")).toBe("nowhere");
  });

  it("without what is meant say what they have", async () => {
    await expect(membersOf("a.zip", fixture("python.zip"), () => false)).rejects.toMatchObject({
      ...{ code: "file_not_found", at: { file: "a.zip" } },
      reason: "no file of the archive is meant: it has a.jsonl, year=2024/b.jsonl, notes.txt",
    });
  });

  it.each([
    ["locked.zip", "is encrypted: write it without a password"],
    ["bzip2.zip", "is compressed by method 12; only stored and deflated ones are read: pack it with zip -Z deflate"],
    ["sparse.tar", "is sparse: pack it without --sparse"],
  ])("%s is refused", async (name, why) => {
    await expect(membersOf(name, fixture(name))).rejects.toMatchObject({ code: "unsupported", at: { file: name } });
    await expect(membersOf(name, fixture(name))).rejects.toThrow(why);
  });

  it("with compressed files that are not read from front to back are refused, saying what to do", async () => {
    const { files } = await membersOf("python.zip", fixture("python.zip"));
    expect(() => checkMembers("jsonl", files)).not.toThrow();
    expect(() => checkMembers("parquet", files)).toThrow("pack it without compression (zip -0, tar)");
    const stored = await membersOf("stored.zip", fixture("stored.zip"));
    expect(() => checkMembers("parquet", stored.files)).not.toThrow();
  });

  it("that were replaced since are not read", async () => {
    const store = new MemoryObjectStore();
    await store.put("a.tar", [fixture("gnu.tar")]);
    const sources = sourcesOf(store);
    const [ref] = await archiveMembers(sources, await sources.find("a.tar"), () => true);
    await store.put("a.tar", [fixture("ustar.tar")]);
    const read = async () => {
      await using file = await openFile(sources, ref);
      await file.readInto(0, new Uint8Array(10));
      await file.check();
    };
    await expect(read()).rejects.toThrow("has changed since");
  });
});

/** An archive of one member that is stored. */
function storedZip(name: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50);
  header.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50);
  entry.writeUInt32LE(crc32(content), 16);
  for (const at of [20, 24]) entry.writeUInt32LE(content.length, at);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(header.length + name.length + content.length, 16);
  return Buffer.concat([header, Buffer.from(name), content, entry, Buffer.from(name), end]);
}

describe.each(["python.zip", "stored.zip", "gnu.tar", "pax.tar", "gnu.tgz"])("damage in %s", (name) => {
  const bytes = name === "gnu.tgz" ? gzipSync(fixture("gnu.tar")) : fixture(name);
  // Of what tar holds there is no checksum: a byte of a key makes another key.
  const codes = ["malformed_file", "unsupported", "file_not_found", "value_invalid", "schema_mismatch"];
  const outcome = (damaged: Uint8Array) =>
    rowsOf(name, damaged).catch(({ code }: { code?: string }) => {
      expect(codes).toContain(code);
    });

  it("by a changed byte is an error, or another file beside the right ones", async () => {
    const whole = await rowsOf(name, bytes);
    const place = fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(place, async ([at, change]) => {
        const damaged = Buffer.from(bytes);
        damaged[at] ^= change;
        const rows = (await outcome(damaged)) ?? [];
        // A tar archive has no checksum of what it holds; names may be others in both.
        for (const [, ids] of rows) if (!name.endsWith(".tar")) expect(whole.map(([, known]) => known)).toContain(ids);
      }),
      { numRuns: 80 },
    );
  });

  it("by an early end is an error", async () => {
    const end = name.endsWith(".tar") ? bytes.indexOf(Buffer.alloc(1024)) : bytes.length - 1;
    for (let length = 1; length < end; length += 1 + Math.floor(end / 40))
      await expect(rowsOf(name, bytes.subarray(0, length))).rejects.toMatchObject({ code: "malformed_file" });
  });
});
