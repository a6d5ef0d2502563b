import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, readMilvusCase, useRest, useServer, writeBackup } from "../support/index.ts";

const fixture = useServer({ compactionInterval: "0s" });
const rest = useRest(fixture);

interface Restored {
  readonly source: string;
  readonly collectionName: string;
  readonly jobId: string;
  readonly warnings?: readonly string[];
}

const restore = async (body: object) => {
  const { code, message, data } = await rest.post("restore", body);
  return code === 0 ? (data.collections as Restored[]) : Promise.reject(new Error(message));
};

const liveRows = async (name: string) => {
  const { rows, deletedPrimaryKeys } = await readMilvusCase(name);
  return rows.length - deletedPrimaryKeys.length;
};

describe("a folder of milvus-backup", () => {
  const cases = { tenants: "bulk-int64-pk-varchar-partition-key", texts: "insert-two-flushes-arrays-text-deletes" };

  it("becomes collections with their partitions, indexes, aliases and rows, and the same again are the same jobs", async () => {
    const { client, importRoot } = fixture;
    await writeBackup(join(importRoot, "nightly"), cases, (collection, name) => ({
      ...collection,
      aliases: [`${name}_alias`],
      load_state: "Loaded",
      index_infos: [
        {
          field_name: "v",
          index_name: "by_v",
          index_type: "HNSW",
          params: { metric_type: "L2", M: "8", efConstruction: "64" },
        },
      ],
    }));
    const restored = await restore({ path: "nightly" });
    expect(restored.map(({ source, warnings }) => [source, warnings])).toEqual([
      ["default.tenants", undefined],
      ["default.texts", undefined],
    ]);
    for (const { jobId } of restored) expect(await client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: true });
    for (const [collection, name] of Object.entries(cases)) {
      expect(await client.count(`${collection}_alias`)).toBe(await liveRows(name));
      const { status, partitionNames } = await client.raw.showPartitions(
        milvus.ShowPartitionsRequest.fromPartial({ collectionName: collection }),
      );
      expect([status?.code, partitionNames.length]).toEqual([0, collection === "tenants" ? 16 : 1]);
      const indexes = await client.raw.describeIndex(
        milvus.DescribeIndexRequest.fromPartial({ collectionName: collection }),
      );
      expect(indexes.indexDescriptions.map((index) => index.indexName)).toEqual(["by_v"]);
    }
    const again = await restore({ path: "nightly" });
    expect(again.map(({ jobId }) => jobId)).toEqual(restored.map(({ jobId }) => jobId));
  });

  it.each([
    ["tenants", "tenants"],
    ["texts", "texts, of which some are deleted"],
  ] as const)(
    "is refused when logs of %s have other rows than its meta says (%s), since one that was cut short looks like fewer rows",
    async (name, _what) => {
      const { client, importRoot } = fixture;
      const oneMore = (collection: object) => {
        const text = JSON.stringify(collection);
        return JSON.parse(text.replace(/"num_of_rows":(\d+)/, (_, rows) => `"num_of_rows":${Number(rows) + 1}`));
      };
      await writeBackup(join(importRoot, `${name}_short`), { [`short_${name}`]: cases[name] }, oneMore);
      const [{ jobId }] = await restore({ path: `${name}_short` });
      const reason = expect.stringMatching(
        /the backup's meta says \d+ rows of this segment, and its logs have \d+.*_short\/binlogs/,
      );
      expect(await client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: false, reason });
    },
  );

  it("becomes other collections by their new names, each with its own ids of fields", async () => {
    const { client, importRoot } = fixture;
    const folder = join(importRoot, "moved");
    await writeBackup(folder, { moved: "insert-flush-delete" }, (collection) => withoutField(collection, "flag"));
    const [{ jobId, warnings }] = await restore({ path: "moved", collections: { moved: "other.renamed" } });
    expect(warnings).toBeUndefined();
    await client.waitFor(BigInt(jobId));
    const answer = await client.raw.query(
      milvus.QueryRequest.fromPartial({
        dbName: "other",
        collectionName: "renamed",
        outputFields: ["count(*)"],
      }),
    );
    expect(answer.status?.reason).toContain("collection not loaded");
    const described = await client.raw.describeCollection(
      milvus.DescribeCollectionRequest.fromPartial({ dbName: "other", collectionName: "renamed" }),
    );
    // The id of the field that is left out is free, so the others have moved up.
    expect(described.schema?.fields[1]).toMatchObject({ name: "i8", fieldID: 101n });
    const load = await client.raw.createIndex(
      milvus.CreateIndexRequest.fromPartial({
        dbName: "other",
        collectionName: "renamed",
        fieldName: "v",
        extraParams: [
          { key: "index_type", value: "AUTOINDEX" },
          { key: "metric_type", value: "L2" },
        ],
      }),
    );
    expect(load.code).toBe(0);
    await client.raw.loadCollection(
      milvus.LoadCollectionRequest.fromPartial({ dbName: "other", collectionName: "renamed" }),
    );
    const { rows, deletedPrimaryKeys } = await readMilvusCase("insert-flush-delete");
    const live = rows.find(({ id }) => !deletedPrimaryKeys.includes(String(id)));
    const found = await client.raw.query(
      milvus.QueryRequest.fromPartial({
        dbName: "other",
        collectionName: "renamed",
        expr: `id == ${live?.id}`,
        outputFields: ["i8", "i64"],
      }),
    );
    expect(found.status?.code).toBe(0);
    expect(found.fieldsData.map(({ fieldName }) => fieldName)).toEqual(expect.arrayContaining(["i8", "i64"]));
  });

  it("is no folder of files to import, and says what it is", async () => {
    await writeBackup(join(fixture.importRoot, "folder"), { single: "insert-flush-delete" });
    await fixture.client.createCollection(bookCollection("of_a_backup"));
    await expect(fixture.client.import("of_a_backup", ["folder/"])).rejects.toThrow(
      'it is a folder of milvus-backup: restore it by "sluice restore folder"',
    );
  });

  it("is one collection of an import too, a partition at a time, by internal_data", async () => {
    const { client, importRoot } = fixture;
    const name = "insert-two-flushes-arrays-text-deletes";
    await writeBackup(join(importRoot, "single"), { single: name });
    const described = await readMilvusCase(name);
    await client.createFixtureCollection("target", described.describe as never);
    const internal_data = { path: "single", collections_mapping: { single: "target" } };
    const job = await rest.run({ collectionName: "target", partitionName: "_default", options: { internal_data } });
    expect(job).toMatchObject({ state: "Completed", importedRows: await liveRows(name) });
    expect(job.details.map(({ fileName }: { fileName: string }) => fileName)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^\[single\/binlogs\/insert_log\/\d+\/\d+\/\d+\/\d+\]$/)]),
    );
    expect(await client.count("target")).toBe(await liveRows(name));
  });

  it("is read from the meta files of all levels where there is no full one", async () => {
    const { client, importRoot } = fixture;
    const folder = join(importRoot, "levels");
    await writeBackup(folder, { levels: "insert-flush-delete" });
    const full = (await readFile(join(folder, "meta/full_meta.json"), "utf8")).replace(/:(\d{17,})/g, ':"$1"');
    const [collection] = JSON.parse(full).collection_backups;
    const partitions = collection.partition_backups as { segment_backups: object[] }[];
    const write = (level: string, value: object) => writeFile(join(folder, "meta", `${level}_meta.json`), JSON.stringify(value).replace(/:"(\d{17,})"/g, ":$1")); // biome-ignore format: one line
    await write("collection", { infos: [{ ...collection, partition_backups: undefined }] });
    await write("partition", { infos: partitions.map((one) => ({ ...one, segment_backups: undefined })) });
    await write("segment", { infos: partitions.flatMap((one) => one.segment_backups) });
    await rm(join(folder, "meta/full_meta.json"));
    const [{ jobId }] = await restore({ path: "levels", collections: ["levels"] });
    expect(await client.waitFor(BigInt(jobId))).toMatchObject({ rowCount: await liveRows("insert-flush-delete") });
  });

  it("applies deletes of L0 segments of all partitions", async () => {
    const { client, importRoot } = fixture;
    const folder = join(importRoot, "general");
    await writeBackup(folder, { general: "insert-flush-delete" }, (collection) => ({ ...collection, l0_segments: [{ segment_id: 7, is_l0: true, deltalogs: [{ binlogs: [{ log_path: "8" }] }] }] })); // biome-ignore format: one line
    // The deletes of a segment, as if they were in no segment.
    const deltas = join(folder, "binlogs/delta_log");
    const [id] = await readdir(deltas);
    const [partition] = await readdir(join(deltas, id));
    const [segment] = await readdir(join(deltas, id, partition));
    const [log] = await readdir(join(deltas, id, partition, segment, segment));
    await mkdir(join(deltas, id, "-1/7"), { recursive: true });
    await cp(join(deltas, id, partition, segment, segment, log), join(deltas, id, "-1/7/8"));
    await rm(join(deltas, id, partition), { recursive: true });
    await writeBackupWithoutDeltas(folder);
    const [{ jobId }] = await restore({ path: "general" });
    expect(await client.waitFor(BigInt(jobId))).toMatchObject({ rowCount: await liveRows("insert-flush-delete") });
  });

  it.each<[what: string, change: (folder: string) => Promise<unknown>, body: object, reason: RegExp]>([
    [
      "no backup",
      (folder) => rm(join(folder, "meta"), { recursive: true }),
      {},
      /this is no folder of milvus-backup, and none of Milvus 1.x: it has none of meta\/full_meta.json/,
    ],
    [
      "meta that is no JSON",
      (folder) => writeFile(join(folder, "meta/full_meta.json"), "{"),
      {},
      /the backup's meta is no JSON/,
    ],
    [
      "ids that lead elsewhere",
      (folder) => writeFile(join(folder, "meta/full_meta.json"), '{"collection_backups":[{"collection_id":"../.."}]}'),
      {},
      /collection_id is "..\/..", no number/,
    ],
    [
      "a snapshot that lies elsewhere",
      (folder) =>
        writeFile(
          join(folder, "meta/full_meta.json"),
          '{"format":"snapshot","collection_backups":[{"collection_id":1,"collection_name":"refused","snapshot_backup":{"metadata_path":"a/../../snapshots/1/metadata/2.json"}}]}',
        ),
      {},
      /the backup is a snapshot, and the metadata of its collection refused is "a\/..\/..\/snapshots.*", no path below it/,
    ],
    [
      "a log that is missing",
      (folder) => rm(join(folder, "binlogs/delta_log"), { recursive: true }),
      {},
      /the backup is incomplete: 1 logs that its meta names are not there/,
    ],
    [
      "another name",
      async () => {},
      { collections: { nothing: "x" } },
      /the backup has no collection 'nothing'; it has default.refused/,
    ],
    [
      "two names alike",
      async () => {},
      { collections: { refused: "x", "default.refused": "x" } },
      /two collections of the backup would become default.x/,
    ],
  ])("is refused for %s, and leaves no collection", async (what, change, body, reason) => {
    const { client, importRoot } = fixture;
    const path = what.replaceAll(" ", "-");
    await writeBackup(join(importRoot, path), { refused: "insert-flush-delete" });
    await change(join(importRoot, path));
    await expect(restore({ path, ...body })).rejects.toThrow(reason);
    expect(
      (await client.raw.hasCollection(milvus.HasCollectionRequest.fromPartial({ collectionName: "refused" }))).value,
    ).toBe(false);
  });

  it("is refused where the collection has rows", async () => {
    const { importRoot } = fixture;
    await writeBackup(join(importRoot, "twice"), { single: "insert-flush-delete", target: "insert-flush-delete" });
    await expect(restore({ path: "twice", collections: ["target"] })).rejects.toThrow(
      "has rows or import jobs: drop it",
    );
  });
});

interface Meta {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
}

function withoutField(collection: object, name: string): object {
  const { schema } = collection as Meta;
  return { ...collection, schema: { ...schema, fields: schema.fields.filter((field) => field.name !== name) } };
}

/** As if no segment had any deletes of its own. */
async function writeBackupWithoutDeltas(folder: string): Promise<void> {
  const path = join(folder, "meta/full_meta.json");
  const text = await readFile(path, "utf8");
  await writeFile(
    path,
    text.replace(/"deltalogs":\[\{"binlogs":\[\{"log_path":"files\/[^\]]*\]\}\]/g, '"deltalogs":[]'),
  );
}
