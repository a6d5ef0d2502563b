import { expect, it } from "@jest/globals";
import { fixtureSchema } from "@sluice/formats/testing";
import type { ImportTaskInput, OnDuplicate } from "@sluice/jobs";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import fc from "fast-check";
import { runImport } from "../src/tasks/import.ts";
import type { TaskResult } from "../src/tasks/task-kind.ts";
import { TaskSources } from "../src/thread/task-sources.ts";
import { taskContext } from "./task-context.ts";

// Whatever rows are in files: those imported, rejected and left out as duplicates are all of them, file by file.

const schema = fixtureSchema({
  fields: [
    { name: "id", type: DataType.Int64, is_primary: true },
    { name: "n", type: DataType.Int8 },
  ],
});

/** A row by its key; `n` of a bad one is out of range. */
interface Row {
  readonly key: number;
  readonly isBad: boolean;
}
interface Table {
  readonly format: "jsonl" | "json" | "csv";
  readonly rows: readonly Row[];
}

function textOf({ format, rows }: Table): string {
  const values = rows.map(({ key, isBad }) => ({ id: key, n: isBad ? 300 : 1 }));
  if (format === "json") return JSON.stringify(values);
  if (format === "jsonl") return values.map((row) => JSON.stringify(row)).join("\n");
  return ["id,n", ...values.map(({ id, n }) => `${id},${n}`)].join("\n");
}

/** The tasks of a job with these files. */
async function importAll(
  tables: readonly Table[],
  rule: OnDuplicate | undefined,
  buckets: number,
): Promise<TaskResult[]> {
  const sources = new MemoryObjectStore();
  const sets = [];
  for (const [i, table] of tables.entries()) {
    const key = `${i}.${table.format}`;
    const { sizeBytes } = await sources.put(key, [Buffer.from(textOf(table))]);
    const version = `${(await sources.stat(key))?.modifiedMs}`;
    sets.push({ format: table.format, files: [{ path: key, source: "memory", key, sizeBytes, version }] });
  }
  const input: ImportTaskInput = {
    ...{ collectionId: 1n, schema, vchannels: ["v0", "v1"], partitionIds: [2n], sets },
    ...{ timestamp: 5n, options: {}, sink: "segments", tolerance: {} },
  };
  const from = new TaskSources(sourcesOf(sources), {});
  const context = {
    ...taskContext(new MemoryObjectStore(), { value: 1000n }),
    openFiles: (...files: Parameters<TaskSources["open"]>) => from.open(...files),
  };
  const keyRules = rule ? Array.from({ length: buckets }, (_, bucket) => ({ onDuplicate: rule, bucket, buckets })) : [];
  if (keyRules.length === 0) return [await runImport(input, context)];
  return Array.fromAsync(keyRules, (keyRule) => runImport({ ...input, keyRule }, context));
}

const row = fc.record({ key: fc.integer({ min: 0, max: 6 }), isBad: fc.boolean() });
const table = fc.record({
  format: fc.constantFrom("jsonl", "json", "csv" as const),
  rows: fc.array(row, { maxLength: 12 }),
}) as fc.Arbitrary<Table>;
const rules = fc.constantFrom<(OnDuplicate | undefined)[]>(undefined, "first", "last");

it("counts of a file add up to its rows, and those of a job to all of them", async () => {
  const tables = fc.array(table, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(tables, rules, fc.integer({ min: 1, max: 3 }), async (files, rule, buckets) => {
      const tasks = await importAll(files, rule, buckets);
      const sum = (of: (task: TaskResult) => number | undefined) =>
        tasks.reduce((total, task) => total + (of(task) ?? 0), 0);
      for (const [i, { rows }] of files.entries()) {
        const imported = sum((task) => (files.length > 1 ? task.groupRows?.[i] : task.rowCount));
        const rejected = sum((task) => task.findings?.sets[i].rejectedRows);
        const duplicates = sum((task) => task.findings?.sets[i].duplicateRows);
        expect(rejected).toBe(rows.filter(({ isBad }) => isBad).length);
        expect(imported + rejected + duplicates).toBe(rows.length);
      }
      const good = files.flatMap(({ rows }) => rows.filter(({ isBad }) => !isBad));
      const expected = rule ? new Set(good.map(({ key }) => key)).size : good.length;
      expect(sum((task) => task.rowCount)).toBe(expected);
      expect(sum((task) => task.segments.reduce((rows, segment) => rows + segment.rowCount, 0))).toBe(expected);
    }),
    { numRuns: 25 },
  );
});
