import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import fc from "fast-check";
import { sqliteFormat } from "../../src/stores/sqlite/index.ts";
import { readFiles, refusal } from "../arrays/array-files.ts";
import { expected, type Files, filesOf, membersOf } from "./store-files.ts";

const files = filesOf("chroma");
const names = ["by-cosine", "by-l2", "unsynced"];
const without = (end: string): Files =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !path.endsWith(end)));

/** Some bytes of one of the files changed. */
function changed(end: string, change: (bytes: Buffer) => Uint8Array): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, bytes]) => [path, path.endsWith(end) ? change(Buffer.from(bytes)) : bytes]),
  );
}

describe("a collection of Chroma", () => {
  it.each(names)("%s gives what its get() gives: queue and files, without what was deleted", async (table) => {
    const rows = await membersOf(sqliteFormat, files, { table });
    const wanted = expected[`chroma/${table}`].map(({ embedding, ...row }) => ({
      ...row,
      uri: null,
      metadata: row.metadata ?? {},
      embedding: (embedding as number[]).map((value) => expect.closeTo(value, 5)),
    }));
    expect(rows).toEqual(wanted);
    expect(rows.length).toBeGreaterThan(1);
  });

  it("has exact vectors where it compares by l2", async () => {
    const rows = await membersOf(sqliteFormat, files, { table: "by-l2" });
    expect(rows.map(({ embedding }) => embedding)).toEqual(expected["chroma/by-l2"].map(({ embedding }) => embedding));
  });

  it("goes into a collection by its preset", async () => {
    const schema = collection([
      field("key", DataType.VarChar, { isPrimaryKey: true, maxLength: 64 }),
      field("document", DataType.VarChar, { maxLength: 99, nullable: true }),
      field("v", DataType.FloatVector, { dim: 4 }),
      field("$meta", DataType.JSON, { isDynamic: true }),
    ]);
    const { rows, warnings } = await readFiles(sqliteFormat, files, {
      schema: { ...schema, enableDynamicField: true },
      options: { table: "by-cosine", preset: "chroma" },
    });
    expect(rows[1]).toMatchObject({ key: "cosine-1", document: "doc cosine-1", $meta: { n: 1, f: 0.25, flag: false } });
    expect(Object.keys(rows[1].$meta as object).sort()).toEqual(["f", "flag", "n", "text"]);
    expect(warnings).toEqual([expect.stringContaining("vectors are those of Chroma, exact to about 1e-7")]);
  });

  it("is one of those to choose from", async () => {
    expect((await refusal(sqliteFormat, files)).reason).toBe(
      "the store has several collections, choose one by the option table: [by-cosine, by-l2, unsynced]",
    );
  });

  it.each([
    ["index_metadata.pickle", "folders beside chroma.sqlite3 were not given"],
    ["data_level0.bin", "folders beside chroma.sqlite3 were not given"],
  ])("without %s is refused", async (end, why) => {
    expect((await refusal(sqliteFormat, without(end), { options: { table: "by-l2" } })).reason).toContain(why);
  });

  it("whose files are cut short, or replaced, is refused with the file", async () => {
    const cut = await refusal(
      sqliteFormat,
      changed("data_level0.bin", (bytes) => bytes.subarray(0, 100)),
      {
        options: { table: "by-l2" },
      },
    );
    expect(cut.message).toMatch(/which take \d+ bytes, and the file has 100 \(chroma\/.*data_level0.bin, byte 100\)/);
    const pickle = changed("index_metadata.pickle", () => Buffer.from("\x80\x03cos\nsystem\n.", "latin1"));
    const evil = await refusal(sqliteFormat, pickle, { options: { table: "by-l2" } });
    expect(evil.message).toContain("the pickle has objects of os.system, which are not read");
    const header = changed("header.bin", (bytes) => bytes.fill(255, 20, 28));
    expect((await refusal(sqliteFormat, header, { options: { table: "by-l2" } })).at?.file).toMatch(/header\.bin$/);
  });

  it("with bytes changed in any of its files is an error, or rows", async () => {
    const paths = Object.keys(files);
    const change = fc.tuple(
      fc.nat(paths.length - 1),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(255),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const damaged: Record<string, Uint8Array> = { ...files };
        for (const [i, at, byte] of changes) {
          const bytes = Uint8Array.from(damaged[paths[i]]);
          bytes[Math.floor(at * bytes.length)] = byte;
          damaged[paths[i]] = bytes;
        }
        const outcome = await membersOf(sqliteFormat, damaged, { table: "by-cosine" }).catch((error: unknown) => error);
        if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(ImportError);
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});
