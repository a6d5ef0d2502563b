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
  const add = { add: { path: "a%20b.parquet", size: 1, partitionValues: { "col-1": "", "col-2": "x" } } };

  it("with names of columns of its own has them in the mapping of its files", async () => {
    const fields = [
      { name: "id", metadata: { "delta.columnMapping.physicalName": "col-0" } },
      { name: "lang", metadata: { "delta.columnMapping.physicalName": "col-2" } },
      { name: "other", metadata: { "delta.columnMapping.physicalName": "col-1" } },
    ];
    const configuration = { "delta.columnMapping.mode": "name" };
    const metaData = { schemaString: JSON.stringify({ type: "struct", fields }), configuration };
    const found = await written({ [first]: log({ metaData }, add) });
    const { groups } = withFolderValues(found, plan, { fields_mapping: '{"id":"id"}' });
    expect(JSON.parse(groups[0].options?.fields_mapping ?? "")).toEqual({ "col-0": "id" });
    expect(groups[0].folders).toMatchObject({ fields: '{"lang":"x"}' });
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      "a deletion vector",
      { [first]: log({ add: { ...add.add, deletionVector: { storageType: "u" } } }) },
      "deletion vectors",
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

it("the folder of an Iceberg table is refused: its files hold what was deleted", async () => {
  const store = new MemoryObjectStore();
  for (const key of ["t/data/1.parquet", "t/metadata/00000-a.metadata.json"]) await store.put(key, [new Uint8Array(1)]);
  await expect(find("t/", sourcesOf(store))).rejects.toThrow("the folder is an Iceberg table");
});
