import { describe, expect, it } from "@jest/globals";
import { books, useRest, useServer } from "../support/index.ts";

const fixture = useServer();
const rest = useRest(fixture);

const genres = ["novel", "poem", "essay"];
const shelves = (rows: number) =>
  books(rows, 2n ** 53n).map((book, i) => ({
    ...book,
    genre: genres[i % 3],
    tags: ["a", "bb"].slice(0, i % 3),
    price: i === 3 ? null : i / 2,
    unit: [0.6, 0.8],
  }));

describe("jobs/import/inspect", () => {
  it("tells what a JSON Lines file holds, and proposes a collection with what speaks for it", async () => {
    const whole = { embedding: [1, 0, 0], pair: [1, 2] };
    const [path] = await fixture.files.jsonl(
      "inspect.jsonl",
      shelves(60).map((row) => ({ ...row, ...whole })),
    );
    const { data } = await rest.post("inspect", { files: [[path]] });
    const [file] = data.files;
    expect(file).toMatchObject({ format: "jsonl", paths: [path], isRowCountEstimate: true, faults: [] });
    expect(Math.abs(file.rowCount - 60)).toBeLessThanOrEqual(6);
    expect(file.sample).toHaveLength(5);
    expect(file.sample[1]).toMatchObject({
      id: String(2n ** 53n + 1n),
      genre: "poem",
      unit: [0.6, 0.8].map(Math.fround),
    });
    const field = (name: string) => file.schema.fields.find((f: { fieldName: string }) => f.fieldName === name);
    expect(field("id")).toMatchObject({ dataType: "Int64", isPrimary: true });
    expect(field("genre")).toMatchObject({ dataType: "VarChar", elementTypeParams: { max_length: "65535" } });
    expect(field("tags")).toMatchObject({ dataType: "Array", elementDataType: "VarChar" });
    expect(field("embedding")).toMatchObject({ dataType: "FloatVector", elementTypeParams: { dim: "3" } });
    expect(field("pair")).toMatchObject({ dataType: "Array", elementDataType: "Int64" });
    expect(field("price")).toMatchObject({ dataType: "Double", nullable: true });
    expect(field("vector")).toMatchObject({ dataType: "FloatVector", elementTypeParams: { dim: "4" } });
    expect(file.schema).toMatchObject({ autoId: false, partitionKeyCandidates: ["genre"], unsupported: [] });
    const metrics = file.schema.indexParams.map((index: Record<string, string>) => [index.fieldName, index.metricType]);
    expect(new Map(metrics).get("unit")).toBe("COSINE");
    expect(new Map(metrics).get("vector")).toBe("L2");
  });

  it("knows the rows of Parquet and NumPy, and makes keys where no column can be one", async () => {
    const { files } = fixture;
    const parquet = await files.parquet("inspect.parquet", books(70));
    const npy = await files.npy(
      "inspect-npy",
      books(70).map((book) => ({ ...book, id: 5n, year: 7 })),
    );
    const { data } = await rest.post("inspect", { files: [parquet, npy] });
    expect(data.files).toMatchObject([
      { format: "parquet", rowCount: 70, isRowCountEstimate: false, schema: { autoId: false } },
      {
        format: "npy",
        rowCount: 70,
        schema: { autoId: true, fields: [{ fieldName: "auto_id", isPrimary: true }, {}, {}, {}, {}] },
      },
    ]);
  });

  it("calls the columns of a Delta table as the table does, whatever its files call them", async () => {
    const { files } = fixture;
    await files.parquet("mapped/part-0.parquet", books(9));
    const names = { id: "key", title: "name", vector: "emb" };
    const fields = Object.entries(names).map(([physical, name]) => ({
      ...{ name, type: "string", nullable: true, metadata: { "delta.columnMapping.physicalName": physical } },
    }));
    const schemaString = JSON.stringify({ type: "struct", fields });
    const metaData = { schemaString, configuration: { "delta.columnMapping.mode": "name" }, partitionColumns: [] };
    const add = { path: "part-0.parquet", size: 1, partitionValues: {} };
    const log = [{ metaData }, { add }].map((line) => JSON.stringify(line)).join("\n");
    await files.write("mapped/_delta_log/00000000000000000000.json", log);
    const { data } = await rest.post("inspect", { files: [["sources/mapped/"]] });
    const [file] = data.files;
    expect(file.columns.map(({ name }: { name: string }) => name)).toEqual(["key", "name", "emb"]);
    expect(file.sample[1]).toMatchObject({ key: 1, name: books(2)[1].title, emb: books(2)[1].vector });
    const proposed = file.schema.fields.map(({ fieldName }: { fieldName: string }) => fieldName);
    expect(proposed).toEqual(["key", "name", "emb"]);
  });

  it("proposes fields for what folders say of all rows", async () => {
    const { files } = fixture;
    await files.jsonl(
      "hive/lang=de/year=2024/a.jsonl",
      books(30).map(({ year: _, ...book }) => book),
    );
    const { data } = await rest.post("inspect", { files: [["sources/hive/"]] });
    const [{ sample, schema }] = data.files;
    expect(sample[2]).toMatchObject({ id: 2, lang: "de", year: 2024 });
    const types = schema.fields.map((field: Record<string, string>) => [field.fieldName, field.dataType]);
    expect(types).toEqual(
      expect.arrayContaining([
        ["lang", "VarChar"],
        ["year", "Int64"],
      ]),
    );
  });

  it("looks at the first of many files, and at what all of their folders say", async () => {
    const { files } = fixture;
    const folders = [
      "n=1/part=a",
      "n=2/part=__HIVE_DEFAULT_PARTITION__",
      ...Array.from({ length: 18 }, (_, i) => `n=x${i}/part=${"b".repeat(i)}b`),
    ];
    for (const folder of folders) await files.jsonl(`many/${folder}/a.jsonl`, books(2));
    const { data } = await rest.post("inspect", { files: [["sources/many/"]] });
    expect([data.files.length, data.fileCount]).toEqual([16, 20]);
    const field = (name: string) =>
      data.files[0].schema.fields.find((f: { fieldName: string }) => f.fieldName === name);
    expect(field("part")).toMatchObject({ dataType: "VarChar", nullable: true });
    expect(field("n").dataType).toBe("VarChar");
  });

  it("names missing files, broken files and files of no known format as an import would", async () => {
    const { files } = fixture;
    const broken = await files.write("inspect-broken.parquet", "no parquet");
    expect((await rest.post("inspect", { files: [["nowhere.jsonl"]] })).message).toContain("nowhere.jsonl");
    expect((await rest.post("inspect", { files: [[broken]] })).message).toContain("inspect-broken.parquet");
    expect((await rest.post("inspect", { files: [["a.docx"]] })).message).toContain("unexpected file type");
    expect((await rest.post("inspect", {})).message).toContain("files is required");
  });
});
