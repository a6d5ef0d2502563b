import { expect } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { parquetWriteBuffer } from "hyparquet-writer";
import { bookCollection, bookFields, books, npyBytes, type ServerFixture } from "../../support/index.ts";
import type { Defect } from "./defect.ts";

const { id, title, vector } = bookFields;

/** Imports one file into a fresh collection of fields. */
async function importOf(
  { client, files }: ServerFixture,
  spec: Parameters<ServerFixture["client"]["createCollection"]>[0],
  name: string,
  bytes: string | Uint8Array,
) {
  await client.createCollection(spec);
  return client.waitFor(await client.import(spec.name, [await files.write(name, bytes)]));
}

async function quotingEnds(fixture: ServerFixture): Promise<void> {
  const rows = ["1,a,1,[1,2,3,4]", '"2"x,b,2,[1,2,3,4]', "3,c,3,[1,2,3,4]"];
  const text = ["id,title,year,vector", ...rows.map((row) => row.replace(/\[.*\]/, '"$&"')), ""].join("\n");
  const { isCompleted, reason } = await importOf(fixture, bookCollection("d1"), "d1.csv", text);
  expect({ isCompleted, reason }).toEqual({ isCompleted: false, reason: expect.stringContaining("row 1") });
  expect(await fixture.client.count("d1")).toBe(0);
}

async function fortranOrder({ client, files }: ServerFixture): Promise<void> {
  await client.createCollection({ name: "d2", fields: [id, vector] });
  const bytes = Buffer.from(npyBytes("<f4", [3, 4], Float32Array.of(0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23)));
  bytes.write("True, ", bytes.indexOf("False,"), "latin1");
  const paths = [
    await files.write("d2/id.npy", npyBytes("<i8", [3], BigInt64Array.of(0n, 1n, 2n))),
    await files.write("d2/vector.npy", bytes),
  ];
  await client.importAndWait("d2", paths);
  const rows = await client.query("d2", "", ["vector"], { limit: 3 });
  expect(rows.map((row) => row.vector)).toEqual([0, 10, 20].map((first) => [0, 1, 2, 3].map((i) => first + i)));
}

async function shorterColumn({ client, files }: ServerFixture): Promise<void> {
  await client.createCollection(bookCollection("d3"));
  const paths = await files.npy("d3", books(8192));
  await files.write("d3/year.npy", npyBytes("<i4", [4096], new Int32Array(4096)));
  const { reason } = await client.importAndFail("d3", paths);
  for (const word of ["year", "8192", "4096"]) expect(reason).toContain(word);
  expect(await client.count("d3")).toBe(0);
}

async function byteStrings({ client, files }: ServerFixture): Promise<void> {
  await client.createCollection({ name: "d4", fields: [id, { ...title, maxLength: 4 }, vector] });
  const paths = async (name: string, text: string) => [
    await files.write(`${name}/id.npy`, npyBytes("<i8", [2], BigInt64Array.of(0n, 1n))),
    await files.write(`${name}/title.npy`, npyBytes("|S5", [2], Buffer.from(`\0\0\0\0\0${text}`))),
    await files.write(`${name}/vector.npy`, npyBytes("<f4", [2, 4], new Float32Array(8))),
  ];
  await client.importAndWait("d4", await paths("d4", "four\0"));
  expect((await client.query("d4", "", ["title"], { limit: 2 })).map((row) => row.title)).toEqual(["", "four"]);
  const { reason } = await client.importAndFail("d4", await paths("d4-long", "fives"));
  expect(reason).toContain("value length(5) for field title exceeds max_length(4)");
}

async function emptyList(fixture: ServerFixture): Promise<void> {
  const list = { name: "list", type: DataType.Array, element: DataType.Int64, capacity: 4, nullable: true };
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "id", data: [0n, 1n, 2n] },
      { name: "list", data: [[], null, [7n]] },
      { name: "vector", data: [0, 1, 2].map(() => [0, 0, 0, 0]) },
    ],
    schema: [
      { name: "root", num_children: 3 },
      { name: "id", type: "INT64", repetition_type: "REQUIRED" },
      ...listOf("list", "INT64"),
      ...listOf("vector", "FLOAT"),
    ],
  });
  const spec = { name: "d5", fields: [id, list, vector] };
  expect(await importOf(fixture, spec, "d5.parquet", new Uint8Array(bytes))).toMatchObject({ isCompleted: true });
  const rows = await fixture.client.query("d5", "", ["list"], { limit: 3 });
  expect(rows.map((row) => row.list)).toEqual([[], null, [7n]]);
}

async function explicitKeyOfCsv(fixture: ServerFixture): Promise<void> {
  const fields = [{ ...id, auto: true }, vector];
  const text = 'id,x,vector\n7,y,"[1,2,3,4]"\n';
  const refused = await importOf(fixture, { name: "d6", fields, dynamic: true }, "d6.csv", text);
  expect(refused.reason).toContain("the primary key 'id' is auto-generated, no need to provide");
  const properties = { allow_insert_auto_id: "true" };
  await importOf(fixture, { name: "d6_explicit", fields, dynamic: true, properties }, "d6.csv", text);
  expect(await fixture.client.count("d6_explicit", 'id == 7 and x == "y" and not exists $meta["id"]')).toBe(1);
}

async function smallIntegers(fixture: ServerFixture): Promise<void> {
  const list = { name: "list", type: DataType.Array, element: DataType.Int8, capacity: 4 };
  const sparse = { name: "sparse", type: DataType.SparseFloatVector };
  const fields = [id, list, sparse];
  const rowOf = (element: number, index: number) => `{"id":1,"list":[${element}],"sparse":{"${index}":1}}\n`;
  for (const [name, text, word] of [
    ["d14_element", rowOf(128, 1), "128"],
    ["d14_index", rowOf(1, -1), "-1"],
    ["d14_pairs", '{"id":1,"list":[],"sparse":{"indices":[-1],"values":[1]}}\n', "-1"],
  ] as const) {
    const { isCompleted, reason } = await importOf(fixture, { name, fields }, `${name}.jsonl`, text);
    expect({ isCompleted, reason }).toEqual({ isCompleted: false, reason: expect.stringContaining(word) });
  }
}

async function extraColumns({ client, files }: ServerFixture): Promise<void> {
  await client.createCollection({ name: "d15", fields: [id, vector], dynamic: true });
  await client.importAndWait("d15", await files.parquet("d15.parquet", books(2)));
  for (const { id, year } of books(2)) expect(await client.count("d15", `id == ${id} and year == ${year}`)).toBe(1);
  expect(await client.count("d15", 'title like "title %"')).toBe(2);
}

function listOf(name: string, type: "INT64" | "FLOAT") {
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type, repetition_type: "OPTIONAL" },
  ] as const;
}

/** Defects of readers. */
export const defectsOfFormats: readonly Defect[] = [
  ["D1", "CSV: a malformed record fails the file instead of ending it", quotingEnds],
  ["D2", "NumPy: Fortran order is honoured", fortranOrder],
  ["D3", "NumPy: a shorter column fails the job, even when its length is a multiple of any batch size", shorterColumn],
  ["D4", "NumPy: an empty text of bytes is empty, and max_length counts", byteStrings],
  ["D5", "Parquet: an empty list is no null", emptyList],
  ["D6", "CSV: an explicit automatic key never goes into $meta", explicitKeyOfCsv],
  ["D14", "elements of small integers are checked for their range, and negative indices refused", smallIntegers],
  ["D15", "Parquet: columns that no field has go into $meta", extraColumns],
];
