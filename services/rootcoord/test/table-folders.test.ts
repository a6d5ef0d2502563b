import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { planFields } from "@sluice/formats";
import { fixtureSchema } from "@sluice/formats/testing";
import { folderSources, MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { withFolderValues } from "../src/jobs/folder-values.ts";
import { findFiles } from "../src/jobs/request-files.ts";

const tables = await folderSources(join(import.meta.dirname, "../../../test/fixtures/tables"));
const none = { bucket: undefined, format: undefined };
const find = (path: string, sources = tables) => findFiles(sources, { files: [path], fileGroups: [] }, none as never);
const pathsOf = async (found: ReturnType<typeof find>) => (await found).groups.map(({ files }) => files[0].path);

describe("the folder of a saved Hugging Face dataset", () => {
  it("is the files that its state names, without caches and notes", async () => {
    const found = await find("hf/");
    expect(found).toMatchObject({ groups: [{ format: "arrow", from: "hf/" }, { format: "arrow" }], warnings: [] });
    expect(await pathsOf(find("hf"))).toEqual(["hf/data-00000-of-00002.arrow", "hf/data-00001-of-00002.arrow"]);
    expect(await pathsOf(find("hf-splits/train/"))).toEqual(["hf-splits/train/data-00000-of-00001.arrow"]);
    expect(await pathsOf(find("hf-splits/"))).toHaveLength(2);
  });

  it.each([
    [
      '{"_data_files":[{"filename":"a.arrow"},{"filename":"b.arrow"}]}',
      "files that d/state.json names are not there: b.arrow",
    ],
    [
      '{"_data_files":[{"filename":"a.arrow"}],"_indices_data_files":[{"filename":"i.arrow"}]}',
      "call flatten_indices()",
    ],
    ['{"_data_files":[{}]}', "a data file has no name"],
    ['{"other":1}', "inconsistency in file types, (d/a.arrow) vs (d/state.json)"],
  ])("of %s is refused", async (state, reason) => {
    const store = new MemoryObjectStore();
    await store.put("d/a.arrow", [new Uint8Array(1)]);
    await store.put("d/state.json", [Buffer.from(state)]);
    await expect(find("d/", sourcesOf(store))).rejects.toThrow(reason);
  });
});

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "lang", type: 21, params: { max_length: 9 } },
  ],
});
const plan = planFields(schema);

it("a mapping of some files alone says where their folders go", async () => {
  const store = new MemoryObjectStore();
  await store.put("d/l=de/a.jsonl", [new Uint8Array(1)]);
  const found = await find("d/", sourcesOf(store));
  const [group] = found.groups;
  const mapped = { ...group, options: { fields_mapping: '{"l":"lang"}' } };
  expect(withFolderValues({ ...found, groups: [mapped] }, plan, {}).groups[0].folders?.fields).toBe('{"lang":"de"}');
  expect(withFolderValues(found, plan, {})).toMatchObject({ warnings: ["folders that no field takes: l=…"] });
});

describe("the folder of a Delta table", () => {
  it.each(["delta", "delta-checkpoint"])(
    "%s is the files that are part of it now, with their partitions",
    async (name) => {
      const found = withFolderValues(await find(name), plan, {});
      expect(found.groups).toHaveLength(6);
      const langs = found.groups.map(({ files, folders }) => [files[0].path.split("/")[1], folders?.fields]);
      expect(new Set(langs.map(String))).toEqual(new Set(['lang=de,{"lang":"de"}', 'lang=en,{"lang":"en"}']));
      // The file that a delete has replaced lies there still.
      expect(await pathsOf(find(`${name}/**/*.parquet`))).toHaveLength(7);
      expect(JSON.stringify(found.groups)).not.toMatch(/columnNames|partition/);
    },
  );

  const log = (...actions: object[]) => actions.map((action) => JSON.stringify(action)).join("\n");
  async function written(files: Readonly<Record<string, string>>) {
    const store = new MemoryObjectStore();
    await store.put("t/a b.parquet", [new Uint8Array(1)]);
    for (const [path, text] of Object.entries(files)) await store.put(`t/_delta_log/${path}`, [Buffer.from(text)]);
    return find("t/", sourcesOf(store));
  }
  const first = "00000000000000000000.json";
  const deleted = { storageType: "u", pathOrInlineDv: "H&+.:Rc(PJLUu#*=}:5Z", offset: 1, sizeInBytes: 34 };
  const add = { add: { path: "a%20b.parquet", size: 1, partitionValues: { "col-1": "", "col-2": "x" } } };

  it("with names of columns of its own has its files read under them", async () => {
    const deep = { name: "deep", metadata: { "delta.columnMapping.physicalName": "col-3" } };
    const list = { type: "array", elementType: { type: "struct", fields: [deep] } };
    const fields = [
      { name: "id", metadata: { "delta.columnMapping.physicalName": "col-0" } },
      { name: "lang", metadata: { "delta.columnMapping.physicalName": "col-2" } },
      { name: "other", metadata: { "delta.columnMapping.physicalName": "col-1" } },
      { name: "plain", metadata: { "delta.columnMapping.physicalName": "plain" } },
      { name: "info", type: list, metadata: { "delta.columnMapping.physicalName": "info" } },
    ];
    const configuration = { "delta.columnMapping.mode": "name" };
    const metaData = { schemaString: JSON.stringify({ type: "struct", fields }), configuration };
    const found = await written({ [first]: log({ metaData }, add) });
    const { groups } = withFolderValues(found, plan, { fields_mapping: '{"id":"id"}' });
    expect(JSON.parse(groups[0].options?.table_columns ?? "")).toEqual({
      "col-0": { name: "id" },
      plain: { name: "plain" },
      info: { name: "info", inside: { "col-3": { name: "deep" } } },
    });
    expect(groups[0].folders).toMatchObject({ fields: '{"lang":"x"}' });
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      "a deletion vector",
      { [first]: log({ add: { ...add.add, deletionVector: { storageType: "u" } } }) },
      "deletion vectors",
    ],
    [
      // As Spark writes a delete: the file anew, with what is deleted of it, before the file as it was. All of its rows were left out.
      "a deletion vector that comes before what it takes the place of",
      { [first]: log(add, { add: { ...add.add, deletionVector: deleted } }, { remove: { path: add.add.path } }) },
      "deletion vectors",
    ],
    [
      "the second deletion vector of a file",
      {
        [first]: log(
          { add: { ...add.add, deletionVector: { ...deleted, offset: 43 } } },
          { add: { ...add.add, deletionVector: deleted } },
          { remove: { path: add.add.path, deletionVector: { ...deleted, offset: 43 } } },
        ),
      },
      "deletion vectors",
    ],
    [
      "a checkpoint of version 2 in the place of its first commits",
      {
        "00000000000000000003.json": log(add),
        "00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json": log(add),
      },
      "of version 2: set delta.checkpointPolicy to 'classic' and write another checkpoint",
    ],
    ["files elsewhere", { [first]: log({ add: { path: "s3://b/x.parquet" } }) }, "its files lie elsewhere"],
    ["a file that is gone", { [first]: log(add, { add: { path: "b.parquet" } }) }, "are not there: b.parquet"],
    [
      "a feature of tomorrow",
      { [first]: log({ protocol: { readerFeatures: ["telepathy"] } }) },
      "it asks its readers for telepathy",
    ],
    ["no first commit", { "00000000000000000003.json": log(add) }, "lacks commits between version -1 and 3"],
    ["a log that is no JSON", { [first]: "{" }, "the log of the Delta table is no JSON"],
  ])("with %s is refused", async (_what, files, reason) => {
    await expect(written(files)).rejects.toThrow(reason);
  });
});

describe("the folder of a table whose rows were all deleted", () => {
  const emptyOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    Delta: {
      "t/_delta_log/00000000000000000000.json": `{"add":{"path":"a.parquet"}}\n{"remove":{"path":"a.parquet"}}`,
    },
    Iceberg: { "t/metadata/00001-a.metadata.json": '{"location":"s3://b/t","format-version":2,"snapshots":[]}' },
    "Hugging Face": { "t/state.json": '{"_data_files":[]}' },
  };

  it.each(Object.keys(emptyOf))("is refused, though files lie there: %s", async (kind) => {
    const store = new MemoryObjectStore();
    await store.put("t/a.parquet", [new Uint8Array(1)]);
    for (const [path, text] of Object.entries(emptyOf[kind])) await store.put(path, [Buffer.from(text)]);
    await expect(find("t/", sourcesOf(store))).rejects.toMatchObject({
      code: "request_invalid",
      reason: "the table in the folder has no rows now, by its own notes: there is nothing to import",
      at: { file: "t/" },
    });
  });
});

describe("the folder of an Iceberg table", () => {
  it("is the files of its current snapshot, wherever the folder was moved", async () => {
    const found = await find("iceberg/");
    expect(found.groups).toHaveLength(2);
    expect(found.groups.map(({ format }) => format)).toEqual(["parquet", "parquet"]);
    // The file that a delete has replaced lies there still.
    expect(await pathsOf(find("iceberg/data/*.parquet"))).toHaveLength(3);
  });

  const place = { location: "s3://b/t", "format-version": 2 };
  const snapshot = { "snapshot-id": 1, "manifest-list": "s3://b/t/metadata/list.avro" };
  it.each<[string, object, string]>([
    [
      "renamed columns",
      { ...place, schemas: [{ fields: [{ id: 1, name: "title" }] }, { fields: [{ id: 1, name: "name" }] }] },
      "columns of it were renamed (title → name): rewrite its data files",
    ],
    [
      "a column that was dropped and made anew",
      { ...place, schemas: [{ fields: [{ id: 1, name: "a" }] }, { fields: [{ id: 2, name: "a" }] }] },
      "columns of it were dropped and made anew (a)",
    ],
    ["metadata of another shape", { ...place, snapshots: 7, location: [] }, "the notes of the table are damaged"],
    ["a version of tomorrow", { ...place, "format-version": 4 }, "it is of version 4"],
    [
      "a default for rows that older files have without it",
      { ...place, "format-version": 3, schemas: [{ fields: [{ id: 1, name: "a", "initial-default": 7 }] }] },
      "columns of it were added with a default for the rows that were there",
    ],
    [
      "keys of encryption",
      { ...place, "format-version": 3, "encryption-keys": [{ "key-id": "k" }] },
      "it is encrypted",
    ],
    [
      "a manifest that is gone",
      { ...place, "current-snapshot-id": 1, snapshots: [snapshot] },
      "is not there: metadata/list.avro",
    ],
    [
      "files elsewhere",
      { ...place, location: "s3://c", "current-snapshot-id": 1, snapshots: [snapshot] },
      "its files lie elsewhere",
    ],
  ])("with %s is refused", async (_what, metadata, reason) => {
    const store = new MemoryObjectStore();
    await store.put("t/metadata/v1.metadata.json", [Buffer.from(JSON.stringify(metadata))]);
    await expect(find("t/", sourcesOf(store))).rejects.toThrow(reason);
  });
});
