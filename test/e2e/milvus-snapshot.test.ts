import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { milvusCases, useRest, useServer, writeBackup } from "../support/index.ts";
import { schemaJson, writeSnapshot } from "../support/snapshot-folder.ts";

// Snapshots as Milvus 3 lays them out, with logs of a real Milvus 2.3.5.

const fixture = useServer({ compactionInterval: "0s" });
const rest = useRest(fixture);
const caseName = "insert-two-flushes-arrays-text-deletes";
const snapshots = join(import.meta.dirname, "../fixtures/milvus-snapshot");
const [collectionId, partitionId, l0Segment] = ["470661552142696546", "470661552142696547", "470661552142700001"];

/** Puts a snapshot below the import root, with its logs; deletes lie in the L0 segment that it has them in. */
async function place(kind: "bundle" | "referenced", name: string): Promise<string> {
  const folder = join(fixture.importRoot, name);
  const logs = kind === "bundle" ? join(folder, "files") : folder;
  await cp(join(snapshots, kind), folder, { recursive: true });
  await cp(join(milvusCases, caseName, "insert_log"), join(logs, "insert_log"), { recursive: true });
  const deletes = join(milvusCases, caseName, "delta_log", collectionId, partitionId);
  const target = join(logs, "delta_log", collectionId, partitionId, l0Segment);
  await mkdir(target, { recursive: true });
  for (const segment of await readdir(deletes)) await cp(join(deletes, segment), target, { recursive: true });
  return folder;
}

async function restore(path: string, name: string) {
  const { code, message, data } = await rest.post("restore", { path, collections: { texts: name } });
  if (code !== 0) throw new Error(message);
  const [{ jobId, warnings }] = data.collections;
  const outcome = await fixture.client.waitFor(BigInt(jobId));
  checkStatus(
    await fixture.client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName: name })),
  );
  return { outcome, warnings };
}

const rowsOf = (name: string) => fixture.client.query(name, 'pk != ""', ["*"]);

let expected: unknown;
beforeAll(async () => {
  const params = { metric_type: "COSINE" };
  const index_infos = [{ field_name: "v", index_name: "by_v", index_type: "AUTOINDEX", params }];
  await writeBackup(join(fixture.importRoot, "backup"), { texts: caseName }, (one) => ({ ...one, index_infos }));
  expect((await restore("backup", "expected")).outcome.isCompleted).toBe(true);
  expected = await rowsOf("expected");
  expect(expected).toHaveLength(23);
});

describe("a snapshot of Milvus 3", () => {
  it.each([
    ["a bundle", "bundle", ""],
    ["one in the Milvus's own folder, by its metadata", "referenced", `/snapshots/${collectionId}/metadata/7002.json`],
  ] as const)(
    "is restored from %s: fields, indexes, and rows without what L0 segments delete",
    async (_, kind, path) => {
      await place(kind, kind);
      const { outcome, warnings } = await restore(`${kind}${path}`, `from_${kind}`);
      expect([outcome.isCompleted, outcome.rowCount, warnings]).toEqual([true, 23, undefined]);
      expect(await rowsOf(`from_${kind}`)).toEqual(expected);
      const request = { collectionName: `from_${kind}` };
      const { schema, properties } = await fixture.client.raw.describeCollection(
        milvus.DescribeCollectionRequest.fromPartial(request),
      );
      expect(schema?.fields.find(({ name }) => name === "d")).toMatchObject({
        ...{ nullable: true, defaultValue: { data: { $case: "doubleData", value: -0.5 } } },
      });
      expect(properties.map(({ key }) => key)).not.toContain("max_field_id");
      const { indexDescriptions } = await fixture.client.raw.describeIndex(
        milvus.DescribeIndexRequest.fromPartial(request),
      );
      const paramsOf = (name: string) => indexDescriptions.find(({ indexName }) => indexName === name)?.params;
      expect(paramsOf("by_v")).toContainEqual({ key: "index_type", value: "AUTOINDEX" });
      expect(paramsOf("by_path")).toContainEqual({ key: "json_path", value: 'j["a"]["b"]' });
    },
  );

  it("has no part in what its Milvus has written since: other segments, and other deletes", async () => {
    const folder = await place("referenced", "later");
    const inserts = join(folder, "insert_log", collectionId, partitionId);
    await cp(join(inserts, "470661552142696554"), join(inserts, "5"), { recursive: true });
    // The key of every row is deleted since.
    const deletes = join(folder, "delta_log", collectionId, partitionId);
    await mkdir(join(deletes, "6"));
    await writeFile(join(deletes, "6/7"), "no delta log, which nobody reads");
    await writeFile(join(deletes, l0Segment, "8"), "nor this");
    const { outcome } = await restore("later", "from_later");
    expect([outcome.isCompleted, outcome.reason]).toEqual([true, ""]);
    expect(await rowsOf("from_later")).toEqual(expected);
  });

  it("has segments of storage version 2, a group of columns in each log; a commit hides earlier deletes", async () => {
    const from = join(import.meta.dirname, "../fixtures/milvus-storage-v2");
    const { describe: described, rows, deleted } = JSON.parse(await readFile(join(from, "case.json"), "utf8"));
    const schema = { name: "packed", ...schemaJson(described.fields) };
    const segments = [
      { segmentId: 3n, rowCount: rows.length, storageVersion: 2n },
      { segmentId: 9n, isL0: true },
    ];
    for (const [name, commitTs, count] of [
      ["packed", 0n, rows.length - deleted.length],
      ["packed_late", 2n ** 62n, rows.length],
    ] as const) {
      const folder = join(fixture.importRoot, name);
      await cp(from, join(folder, "files"), { recursive: true });
      const [packed, l0] = segments;
      await writeSnapshot(folder, { collectionId: "1", partitionId: "2" }, schema, [{ ...packed, commitTs }, l0]);
      const { code, message, data } = await rest.post("restore", { path: name, collections: { packed: name } });
      expect([code, message]).toEqual([0, undefined]);
      const outcome = await fixture.client.waitFor(BigInt(data.collections[0].jobId));
      expect(outcome).toMatchObject({ isCompleted: true, rowCount: count });
    }
  });

  it("is a collection of a milvus-backup in the format snapshot, which says its name, aliases and that it was loaded", async () => {
    const folder = join(fixture.importRoot, "weekly");
    await place("bundle", "weekly/bundle/exports/1");
    await mkdir(join(folder, "meta"));
    const snapshot_backup = { metadata_path: `bundle/exports/1/${metadata}`, total_files: 3 };
    const one = { collection_id: 1, db_name: "default", collection_name: "weekly", snapshot_backup };
    const other = { ...one, collection_name: "gone", snapshot_backup: { metadata_path: "bundle/none/2.json" } };
    const more = { aliases: ["of_week"], load_state: "Loaded" };
    const meta = { format: "snapshot", collection_backups: [{ ...one, ...more }, other] };
    await writeFile(join(folder, "meta/full_meta.json"), JSON.stringify(meta));
    const { data, message } = await rest.post("restore", { path: "weekly", collections: { weekly: "" } });
    expect([message, data.collections[0].warnings]).toEqual([undefined, undefined]);
    expect((await fixture.client.waitFor(BigInt(data.collections[0].jobId))).isCompleted).toBe(true);
    expect(await rowsOf("of_week")).toEqual(expected);
    expect((await rest.post("restore", { path: "weekly" })).message).toMatch(/none\/2\.json/);
  });

  it("gives its rows to a collection that is there", async () => {
    await fixture.client.createFixtureCollection("there", JSON.parse(await readFile(join(milvusCases, caseName, "case.json"), "utf8")).describe); // biome-ignore format: one call
    const internalData = JSON.stringify({ path: "bundle", collections_mapping: { texts: "there" } });
    const outcome = await fixture.client.importAndWait("there", [], { options: { internal_data: internalData } });
    expect(outcome.rowCount).toBe(23);
    expect(await rowsOf("there")).toEqual(expected);
  });

  it.each<[what: string, change: (folder: string) => Promise<void>, message: RegExp]>([
    [
      "several in one folder",
      (folder) => cp(join(folder, metadata), join(folder, metadata.replace("7001", "7003"))),
      /the folder has 2 snapshots: name one by its metadata file, of snapshots\/.*7001\.json/,
    ],
    [
      "one in the folder of another collection",
      (folder) => rename(join(folder, "snapshots", collectionId), join(folder, "snapshots/5")),
      /the snapshot is of collection 470661552142696546, and lies in the folder of another/,
    ],
    [
      "one without a manifest",
      (folder) => rm(join(folder, manifests, `${l0Segment}.avro`)),
      /470661552142700001\.avro/,
    ],
    [
      "one with a damaged manifest",
      (folder) => writeFile(join(folder, manifests, `${l0Segment}.avro`), "no manifest"),
      /the Avro file is damaged.*470661552142700001\.avro/,
    ],
    [
      "one without a delta log",
      (folder) => rm(join(folder, "files/delta_log", collectionId, partitionId, l0Segment, "470661552142294123")),
      /the backup is incomplete: 1 logs that its meta names are not there: 470661552142700001\/470661552142294123/,
    ],
    [
      "a partition that cannot be called so",
      async (folder) => {
        const { collection, ...more } = JSON.parse(await readFile(join(folder, metadata), "utf8"));
        const partitions = { ...collection.partitions, "a b": "9" };
        await writeFile(join(folder, metadata), JSON.stringify({ ...more, collection: { ...collection, partitions } }));
      },
      /Invalid partition name: a b/,
    ],
  ])("is refused, leaving no collection: %s", async (_, change, message) => {
    await rm(join(fixture.importRoot, "changed"), { recursive: true, force: true });
    const folder = await place("bundle", "changed");
    await change(folder);
    await expect(restore("changed", "never")).rejects.toThrow(message);
    const { value } = await fixture.client.raw.hasCollection(
      milvus.HasCollectionRequest.fromPartial({ collectionName: "never" }),
    );
    expect(value).toBe(false);
  });
});

const metadata = `snapshots/${collectionId}/metadata/7001.json`;
const manifests = `snapshots/${collectionId}/manifests/7001`;
