import { describe, expect, it } from "@jest/globals";
import { readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { npzFormat } from "../../../src/arrays/npz/index.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  fixture,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

const schema = vectorSchema(4, { more: [field("title", DataType.VarChar, { maxLength: 20 })] });
const expected = Array.from({ length: 12 }, (_, i) => ({
  id: i === 0 ? 0 : i * 1_000_000_007,
  vector: [0, 1, 2, 3].map((k) => Math.fround((4 * i + k) / 7)),
  title: `title ${i}é`,
}));
const archive = (name: string) => ({ "a.npz": fixture(import.meta.dirname, name) });
const signal = new AbortController().signal;

describe.each(["stored.npz", "compressed.npz"])("%s of NumPy", (name) => {
  it("is a table of its members", async () => {
    const { rows, warnings } = await readFiles(npzFormat, archive(name), { schema });
    expect(rows).toEqual(expected);
    expect(warnings).toEqual([]);
    await expectCutsLikeWhole(npzFormat, archive(name), { schema });
  });

  it("is described", async () => {
    const { rowCount, columns } = await npzFormat.describe(await sourcesOf(archive(name)), signal);
    expect(rowCount).toBe(12);
    expect(columns.map((column) => [column.name, column.dataType])).toEqual([
      ["id", DataType.Int64],
      ["vector", DataType.FloatVector],
      ["title", DataType.VarChar],
    ]);
  });

  it("that is damaged is an error", () =>
    expectDamageIsTold(npzFormat, "a.npz", archive(name)["a.npz"], { schema, runs: 60 }));
});

it("whose only matrix is called otherwise feeds the only vector field", async () => {
  const options = { fields_mapping: '{"id":"title_id"}' };
  const other = collection([
    field("key", DataType.Int64, { isPrimaryKey: true }),
    field("title_id", DataType.Int64),
    field("embedding", DataType.FloatVector, { dim: 4 }),
  ]);
  const reading = { schema: other, options: { ...options, row_number_field: "key" } };
  const { rows } = await readFiles(npzFormat, archive("stored.npz"), reading);
  expect(rows).toEqual(expected.map(({ id, vector }, key) => ({ key, title_id: id, embedding: vector })));
});

it("is cut between rows unless a member is compressed", async () => {
  const cutsOf = async (name: string) =>
    (await npzFormat.probe(readerInput(schema, await sourcesOf(archive(name))), signal)).cuts;
  expect(await cutsOf("stored.npz")).toBe("anywhere");
  expect(await cutsOf("compressed.npz")).toBe("nowhere");
});

it("a byte that was changed in a member is found by its checksum", async () => {
  const bytes = fixture(import.meta.dirname, "stored.npz");
  // Within the values of the ids, which may be anything.
  const at = Buffer.from(bytes).indexOf(Buffer.from(BigInt64Array.of(5_000_000_035n).buffer));
  bytes[at] ^= 1;
  expect(await refusal(npzFormat, { "a.npz": bytes }, { schema })).toMatchObject({
    code: "malformed_file",
    reason: "the content of the archive's member is damaged: its checksum is not the one that the archive tells",
    at: { file: "a.npz/id.npy", field: "id" },
  });
});

it("a compressed member in Fortran order is refused, since it is read from front to back", async () => {
  expect(await refusal(npzFormat, archive("fortran.npz"))).toMatchObject({ code: "unsupported" });
});

it("names its members where a field has none", async () => {
  const other = vectorSchema(4, { more: [field("year", DataType.Int32)] });
  expect((await refusal(npzFormat, archive("stored.npz"), { schema: other })).reason).toContain(
    "value of field 'year' is missed: no member for field: year, members: [id.npy, vector.npy, title.npy]",
  );
});

describe("an archive", () => {
  const mark = (bytes: Uint8Array, signature: number[]) => Buffer.from(bytes).indexOf(Buffer.from(signature));
  const changed = (at: (bytes: Uint8Array) => number, value: number) => {
    const bytes = fixture(import.meta.dirname, "stored.npz");
    bytes[at(bytes)] = value;
    return { "a.npz": bytes };
  };
  const entry = (bytes: Uint8Array) => mark(bytes, [0x50, 0x4b, 1, 2]);

  it("with a password is refused", async () => {
    const files = changed((bytes) => entry(bytes) + 8, 1);
    expect((await refusal(npzFormat, files, { schema })).reason).toContain("is encrypted: write it without a password");
  });

  it("of another compression is refused by its number", async () => {
    const files = changed((bytes) => entry(bytes) + 10, 12);
    expect((await refusal(npzFormat, files, { schema })).reason).toContain("is compressed by method 12");
  });

  it("that claims members by the thousand reads no more than it has", async () => {
    const files = changed((bytes) => mark(bytes, [0x50, 0x4b, 5, 6]) + 11, 255);
    expect((await refusal(npzFormat, files, { schema })).reason).toContain("has no entry 3 of 65283");
  });

  it("that is none says what it is", async () => {
    expect((await refusal(npzFormat, { "a.npz": Buffer.from("PAR1".repeat(20)) })).reason).toContain(
      "the file is Parquet",
    );
  });
});
