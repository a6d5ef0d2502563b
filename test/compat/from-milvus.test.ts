import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, expect } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { type CollectionSpec, itWith, pythonOf, runProgram, startServer, TemporaryFolders, TestClient, useRest } from "../support/index.ts"; // biome-ignore format: one line
import { byKey, everyField, everyValue, fieldPlan, textOf } from "./milvus-2.3.ts";

const environment = "milvus-2.3.5";
const program = resolve(import.meta.dirname, "from_milvus.py");
const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

const everything: CollectionSpec = { name: "everything", shards: 2, dynamic: true, fields: everyField };

const shelves: CollectionSpec = {
  name: "shelves",
  shards: 1,
  fields: [
    { name: "key", type: DataType.VarChar, key: true, maxLength: 100 },
    { name: "bits", type: DataType.BinaryVector, dim: 32 },
  ],
};

type Row = Readonly<Record<string, unknown>>;

const rows = Array.from({ length: 120 }, (_, i) => asText(everyValue(i)));
const shelf = (i: number): Row => ({ key: `k${i}${"漢".repeat(i % 30)}`, bits: [i % 256, 255 - (i % 256), 7, i % 11] });

interface Answer {
  readonly rows: readonly Record<string, unknown>[];
  readonly id: string;
  readonly partitions: Readonly<Record<string, { readonly id: string; readonly segments: readonly string[] }>>;
}

itWith(environment)(
  "what a real Milvus has flushed, deleted and compacted is read as Milvus itself reads it",
  async () => {
    const work = await folders.create();
    const answers = await fillMilvus(work);
    // A key that was deleted and inserted again is there once, the deleted ones are not.
    expect([answers.everything.rows.length, answers.shelves.rows.length]).toEqual([115, 38]);
    await using server = await startServer({ dataDir: await folders.create(), importRoots: [join(work, "milvus")] });
    using client = new TestClient(server.address);
    const rest = useRest({ url: `http://${server.address}` });
    for (const spec of [everything, shelves]) {
      await client.createCollection(spec);
      const { id, partitions, rows: expected } = answers[spec.name];
      for (const partition of Object.keys(partitions).filter((name) => name !== "_default"))
        await client.createPartition(spec.name, partition);
      for (const [partition, { id: partitionId, segments }] of Object.entries(partitions)) {
        const [inserts, deletes] = ["insert_log", "delta_log"].map((kind) =>
          join(work, "milvus/data", kind, id, partitionId),
        );
        if (!existsSync(inserts)) continue;
        // What a compaction has replaced is there as long as Milvus's garbage.
        if (spec === everything) expect((await readdir(inserts)).length).toBeGreaterThan(segments.length);
        const delta = existsSync(deletes) ? `${deletes}/` : "";
        const files = segments.map((segment) => [`${inserts}/${segment}/`, delta]);
        const request = { collectionName: spec.name, partitionName: partition, files, options: { backup: "true" } };
        expect(await rest.run(request)).toMatchObject({ state: "Completed" });
        expect(await client.count(spec.name, "", [partition])).toBeGreaterThan(0);
      }
      expect(await client.count(spec.name)).toBe(expected.length);
      const found = await client.query(spec.name, "", ["*"], { limit: 1000 });
      const key = spec.fields[0].name;
      expect(byKey(found.map(asText), key)).toEqual(byKey(expected.map(withoutMeta), key));
    }
  },
  600_000,
);

async function fillMilvus(work: string): Promise<Record<string, Answer>> {
  const [plan, answer] = [join(work, "plan.json"), join(work, "answer.json")];
  await mkdir(join(work, "milvus"));
  const collections = [
    {
      ...planOf(everything),
      partitions: [],
      batches: [
        { partition: "", rows: rows.slice(0, 50) },
        { partition: "", rows: rows.slice(50) },
      ],
      deletes: [`id in [${rows[3].id}, ${rows[4].id}, ${rows[100].id}, 77777]`],
      later_deletes: [`id in [${rows[10].id}, ${rows[110].id}]`],
    },
    {
      ...planOf(shelves),
      partitions: [["upper", ""]],
      batches: [
        { partition: "", rows: Array.from({ length: 20 }, (_, i) => shelf(i)) },
        { partition: "upper", rows: Array.from({ length: 20 }, (_, i) => shelf(20 + i)) },
      ],
      deletes: [`key in [${JSON.stringify(shelf(1).key)}, ${JSON.stringify(shelf(25).key)}]`],
      later_deletes: [],
    },
  ];
  await writeFile(plan, JSON.stringify({ collections }));
  const args = [program, plan, answer, join(work, "milvus")];
  const { exitCode, output } = await runProgram(pythonOf(environment), args, 570_000);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: "" });
  return JSON.parse(await readFile(answer, "utf8"));
}

function planOf({ name, fields, dynamic = false, shards }: CollectionSpec) {
  return { name, fields: fields.map(fieldPlan), dynamic, shards };
}

/** int64 as text, bytes as hex, as the program prints them. */
function asText(row: Row): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]));
}

/** Milvus answers keys of `$meta` one by one, as we do. */
function withoutMeta({ $meta: _, ...row }: Row): Record<string, unknown> {
  return row;
}
