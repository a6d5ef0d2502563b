import { beforeAll, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { type FieldSpec, givenRows, useRest, useServer } from "../support/index.ts";
import { SeededRandom } from "./seeded-random.ts";

// What rows there are after inserts, upserts, deletes, imports and their commits in any order, compared with a model that knows
// nothing of segments: a delete is about the rows that are visible when it is made, by their keys; an imported row counts from its
// commit on.
//
// SLUICE_FAULT_SEED repeats a run, SLUICE_ROW_STEPS makes it longer.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? 20_261_128);
const steps = Number(process.env.SLUICE_ROW_STEPS ?? 60);
const KEYS = 12;

const fixture = useServer({ compactionInterval: "100ms" });
const rest = useRest(fixture);
const fields: FieldSpec[] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "value", type: DataType.Int32 },
  { name: "vector", type: DataType.FloatVector, dim: 2 },
];

interface Row {
  readonly id: number;
  readonly value: number;
}
const withVector = ({ id, value }: Row) => ({ id, value, vector: [id, value] });

/** Rows in the order from which on they count. */
class Model {
  rows: Row[] = [];

  remove(isMeant: (row: Row) => boolean): void {
    this.rows = this.rows.filter((row) => !isMeant(row));
  }

  upsert(rows: readonly Row[]): void {
    const newest = new Map(rows.map((row) => [row.id, row]));
    this.remove(({ id }) => newest.has(id));
    this.rows.push(...newest.values());
  }

  /** As a query has them: of equal keys the newest. */
  get newest(): Row[] {
    const byKey = new Map(this.rows.map((row) => [row.id, row]));
    return [...byKey.values()].sort((a, b) => a.id - b.id);
  }
}

beforeAll(() => fixture.client.createCollection({ name: "times", fields, shards: 2 }));

it(`rows are as the model has them (SLUICE_FAULT_SEED=${seed})`, async () => {
  const { client, files } = fixture;
  const random = new SeededRandom(seed);
  const model = new Model();
  const uncommitted: { jobId: string; rows: Row[] }[] = [];
  let value = 0;
  const key = () => random.int(1, KEYS);
  const newRow = (id = key()): Row => ({ id, value: ++value });
  const some = () => Array.from({ length: random.int(1, 4) }, () => newRow());
  const sent = (rows: readonly Row[]) => givenRows(fields, rows.map(withVector));
  const distinct = (rows: readonly Row[]) => [...new Map(rows.map((row) => [row.id, row])).values()];

  const operations: Record<string, () => Promise<void>> = {
    insert: async () => {
      const rows = distinct(some());
      await client.insert("times", sent(rows), rows.length);
      model.rows.push(...rows);
    },
    upsert: async () => {
      const rows = some();
      await client.upsert("times", sent(rows), rows.length);
      model.upsert(rows);
    },
    deleteKeys: async () => {
      const keys = [key(), key()];
      await client.delete("times", `id in [${keys}]`);
      model.remove(({ id }) => keys.includes(id));
    },
    deleteFound: async () => {
      const [id, limit] = [key(), value - random.int(0, 20)];
      await client.delete("times", `id >= ${id} and value < ${limit}`);
      const keys = new Set(model.rows.filter((row) => row.id >= id && row.value < limit).map((row) => row.id));
      model.remove((row) => keys.has(row.id));
    },
    import: async () => {
      const rows = distinct(some());
      await client.importAndWait("times", await files.jsonl(`now-${value}.jsonl`, rows.map(withVector)));
      model.rows.push(...rows);
    },
    importLater: async () => {
      const rows = distinct(some());
      const paths = await files.jsonl(`later-${value}.jsonl`, rows.map(withVector));
      const options = { auto_commit: "false" };
      const created = await rest.post("create", {
        collectionName: "times",
        files: [paths].map((path) => [path].flat()),
        options,
      });
      const { jobId } = created.data;
      while ((await rest.post("describe", { jobId })).data.state !== "Uncommitted") await new Promise(setImmediate);
      uncommitted.push({ jobId, rows });
    },
    commit: async () => {
      const job = uncommitted.splice(random.int(0, uncommitted.length - 1), 1)[0];
      if (!job) return;
      expect((await rest.post("commit", { jobId: job.jobId })).code).toBe(0);
      await rest.ended(job.jobId);
      model.rows.push(...job.rows);
    },
  };
  for (let step = 0; step < steps; step++) {
    const name = random.pick(Object.keys(operations));
    await operations[name]();
    const read = await client.query("times", "", ["value"], { limit: 100 });
    const found = read.map(({ id, value: of }) => ({ id: Number(id), value: of }));
    expect({ step, name, rows: found }).toEqual({ step, name, rows: model.newest });
    expect({ step, name, count: await client.count("times") }).toEqual({ step, name, count: model.rows.length });
  }
});
