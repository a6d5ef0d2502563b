import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Column, isNull, varValue } from "@sluice/columns";
import { type FileRowRules, type MergeReport, type MergeTaskInput, mergeReportOf } from "@sluice/jobs";
import type { ObjectWrites } from "@sluice/object-store";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { DataType, segmentId, timestampField, type VisibleSegment } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";
import { readSegmentField, writeDeltaLog } from "@sluice/segment";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { SegmentSink } from "../src/sinks/segment-sink.ts";
import { runMerge } from "../src/tasks/merge/merge.ts";
import type { TaskContext } from "../src/tasks/task-kind.ts";
import { TaskSources } from "../src/thread/task-sources.ts";
import { taskContext } from "./task-context.ts";

const id = testing.field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true });
const code = testing.field("code", DataType.Int32, { fieldId: 101, nullable: true });
const name = testing.field("name", DataType.VarChar, { fieldId: 102, maxLength: 100, nullable: true });
const schema = testing.collection([id, code, name]);
const text = testing.field("text", DataType.VarChar, { fieldId: 104, maxLength: 300, nullable: true });
const vector = testing.field("vector", DataType.FloatVector, { fieldId: 105, dim: 2, nullable: true });
const number = testing.field("number", DataType.Int16, { fieldId: 106, nullable: true, defaultValue: 7n });
const newFields = [text, vector, number];

let objects: MemoryObjectStore;
let sources: MemoryObjectStore;
let context: TaskContext;
let visible: Map<bigint, VisibleSegment>;
let asked: { timestamp: bigint | undefined; collectionId: bigint | undefined }[];
let warnings: string[];
beforeEach(() => {
  objects = new MemoryObjectStore();
  sources = new MemoryObjectStore();
  visible = new Map();
  asked = [];
  warnings = [];
  const files = new TaskSources(sourcesOf(sources), {});
  context = {
    ...taskContext(objects, { value: 10n ** 15n }),
    objects: slow(objects),
    openFiles: (...refs) => files.open(...refs),
    warn: (warning) => void warnings.push(warning),
    visibleSegments: async (ids, timestamp, collectionId) => {
      asked.push({ timestamp, collectionId });
      return ids.map((one) => visible.get(one) as VisibleSegment);
    },
  };
});

/** Reads what it is given when others have had many turns, as disks do: until then it must stay as it is. */
function slow(store: MemoryObjectStore): ObjectWrites {
  return {
    put: async (...args) => {
      for (let i = 0; i < 20; i++) await turn();
      return store.put(...args);
    },
    copy: (...args) => store.copy(...args),
    delete: (keys) => store.delete(keys),
  };
}

interface SourceRow {
  readonly code: number | null;
  readonly name: string | null;
}

/** A segment of these rows, visible since `commitTs`, with some rows in each log. */
async function add(commitTs: bigint, rows: readonly SourceRow[], firstId: number): Promise<void> {
  const target = { collectionId: 1n, schema, vchannels: ["v0"], partitionIds: [2n], timestamp: 5n };
  await using sink = new SegmentSink(target, { ...context, limits: { ...context.limits, flushBytes: 400 } });
  const ids = BigInt64Array.from(rows, (_, i) => BigInt(firstId + i));
  const texts = rows.map((row) => Buffer.from(row.name ?? ""));
  let end = 0;
  const columns: Column[] = [
    fixed(8, ids, undefined),
    fixed(
      4,
      Int32Array.from(rows, (row) => row.code ?? 0),
      rows.map((row) => row.code !== null),
    ),
    {
      kind: "var",
      offsets: Uint32Array.from([0, ...texts.map((bytes) => (end += bytes.length))]),
      data: Buffer.concat(texts),
      validity: Uint8Array.from(rows, (row) => (row.name === null ? 0 : 1)),
    },
  ];
  await sink.append({ rowCount: rows.length, columns, sourceBytes: 0 });
  for (const segment of (await sink.finish()).segments) visible.set(segment.segmentId, { ...segment, commitTs });
}

/** Deletes rows by their ids; a delete that is older than the rows beside it takes none. */
async function remove(ids: ReadonlySet<bigint>): Promise<void> {
  for (const segment of visible.values()) {
    const { column } = await readSegmentField(objects, segment, id);
    const own = [...new BigInt64Array(column.data.buffer, column.data.byteOffset, segment.rowCount)];
    const keys = own.flatMap((key) => (ids.has(key) ? [key, key] : [key]));
    const timestamps = keys.map((key, i) => (ids.has(key) && keys[i - 1] === key ? 500n : 1n));
    const sizeBytes = await writeDeltaLog(objects, segment, 9n, { keys, timestamps }, 0);
    const deltaLogs = [{ fieldId: 100, logIds: [9n], rowCounts: [keys.length], sizesBytes: [sizeBytes] }];
    const deletedRows = own.filter((key) => ids.has(key)).length;
    visible.set(segment.segmentId, { ...segment, deltaLogs, deletedRows });
  }
}

function fixed(width: number, values: ArrayBufferView, isValue: boolean[] | undefined): Column {
  const data = new Uint8Array(values.buffer as ArrayBuffer);
  return { kind: "fixed", width, data, validity: isValue && Uint8Array.from(isValue, Number) };
}

interface FileRow {
  readonly key: number | string | null;
  readonly text: string | null;
  readonly vector: readonly number[] | null;
  readonly number: number | null;
}

interface Memory {
  readonly workerMemoryBytes: number;
  readonly tableBytes?: number;
}

const inMemory: Memory = { workerMemoryBytes: 1 << 24 };
/** Of keys there is a place for each, but not of all values. */
const valuesOnDisk: Memory = { workerMemoryBytes: 5000 };
const allOnDisk: Memory = { workerMemoryBytes: 5000, tableBytes: 600 };

/** As JSON Lines, or as Parquet with so many rows in each row group, which has no vectors. */
async function putRows(keyField: typeof code, rows: readonly FileRow[], groupRows: number | undefined) {
  if (groupRows !== undefined) return putParquet("a.parquet", keyField, rows, groupRows);
  const lines = rows.map(({ key, ...row }) => JSON.stringify({ [keyField.name]: key, ...row }));
  return putFile("a.jsonl", Buffer.from(lines.join("\n")));
}

function putParquet(path: string, keyField: typeof code, rows: readonly FileRow[], rowGroupSize: number) {
  const [key, string, int] = [rows.map((row) => row.key), "STRING" as const, "INT32" as const];
  const columnData = [
    { name: keyField.name, type: keyField === name ? string : int, data: key, nullable: true },
    { name: "text", type: string, data: rows.map((row) => row.text), nullable: true },
    { name: "number", type: int, data: rows.map((row) => row.number), nullable: true },
  ];
  return putFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize })));
}

async function putFile(path: string, bytes: Uint8Array) {
  const { sizeBytes } = await sources.put(path, [bytes]);
  const version = `${(await sources.stat(path))?.modifiedMs}`;
  const file = { path, source: "memory", key: path, sizeBytes, version };
  return { format: path.slice(path.indexOf(".") + 1), files: [file] };
}

interface MergeOptions extends Partial<Omit<MergeTaskInput, "rules">> {
  readonly rules?: Partial<FileRowRules>;
  readonly groupRows?: number | undefined;
}

async function merge(
  keyField: typeof code,
  rows: readonly FileRow[],
  { rules, groupRows, ...more }: MergeOptions = {},
  { workerMemoryBytes, ...limits }: Memory = inMemory,
) {
  const set = await putRows(keyField, rows, groupRows);
  const input: MergeTaskInput = {
    ...{ collectionId: 9n, sourceCollectionId: 1n, snapshotTs: 1000n, expiredTs: 0n, keyField, newFields },
    primaryKey: id,
    ...{ segmentIds: [...visible.keys()].map(segmentId), countedSegmentIds: [] },
    ...{ partitions: [[2n, 20n]], vchannels: [["v0", "w0"]] },
    ...{ sets: [set], options: {}, timezone: "UTC", isDryRun: false, ...more },
    rules: {
      ...{ mergeField: keyField.name, onDuplicateKey: "error", onUnmatchedFileRow: "ignore" },
      ...rules,
    },
  };
  const limited = { ...context, limits: { ...context.limits, batchBytes: 2000, workerMemoryBytes } };
  const result = await runMerge(input, limited, limits);
  return { segments: result.segments, report: result.findings?.merged };
}

/** The same by several tasks, of which `counting` is the one that counts rows of the file. What they made is in the order of the source. */
async function mergeByTasks(tasks: readonly number[], counting: number, ...args: Parameters<typeof merge>) {
  const ids = [...visible.keys()].map(segmentId);
  const made = new Map<bigint, Awaited<ReturnType<typeof merge>>["segments"][number]>();
  const reports: MergeReport[] = [];
  for (const task of new Set([counting, ...tasks])) {
    const isOwn = (_id: bigint, i: number) => tasks[i] === task;
    const segmentIds = ids.filter(isOwn);
    const countedSegmentIds = task === counting && ids.filter((id, i) => !isOwn(id, i));
    const [keyField, rows, more, memory] = args;
    const { segments, report } = await merge(keyField, rows, { ...more, segmentIds, countedSegmentIds }, memory);
    for (const [i, segment] of segments.entries()) made.set(segmentIds[i], segment);
    if (report) reports.push(report);
  }
  return { segments: ids.flatMap((id) => made.get(id) ?? []), report: mergeReportOf(reports) };
}

function valuesOf(column: Column, rowCount: number): unknown[] {
  return Array.from({ length: rowCount }, (_, row) => {
    if (isNull(column, row)) return null;
    if (column.kind === "var") return Buffer.from(varValue(column, row)).toString();
    const bytes = Buffer.from(column.data.subarray(row * column.width, (row + 1) * column.width));
    if (column.width === 2) return bytes.readInt16LE();
    return column.width === 4 ? bytes.readInt32LE() : bytes.toString("hex");
  });
}

async function columnOf(
  segments: readonly VisibleSegment[] | Awaited<ReturnType<typeof merge>>["segments"],
  field: typeof id,
) {
  const all = [];
  for (const segment of segments) {
    const { column, rowCount } = await readSegmentField(objects, segment, field);
    all.push(...valuesOf(column, rowCount));
  }
  return all;
}

const vectorText = (values: readonly number[] | null) =>
  values && Buffer.from(Float32Array.from(values).buffer).toString("hex");

/** What a join row by row would give. */
function naive(
  keys: readonly (number | string | null)[],
  rows: readonly FileRow[],
  rule: FileRowRules["onDuplicateKey"],
) {
  const byKey = new Map<number | string, FileRow>();
  for (const row of rows) if (row.key !== null && (rule === "last" || !byKey.has(row.key))) byKey.set(row.key, row);
  const found = keys.map((key) => (key === null ? undefined : byKey.get(key)));
  const matched = new Set(keys);
  return {
    text: found.map((row) => row?.text ?? null),
    vector: found.map((row) => vectorText(row?.vector ?? null)),
    // Who finds nothing has the default; a null of the file stays.
    number: found.map((row) => (row ? row.number : 7)),
    matchedSourceRows: found.filter((row) => row).length,
    unmatchedFileRows: [...byKey.keys()].filter((key) => !matched.has(key)).length,
    duplicateFileKeys: rows.filter(({ key }) => key !== null).length - byKey.size,
    nullFileKeys: rows.filter(({ key }) => key === null).length,
  };
}

const smallKey = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -40, max: 40 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const fileValues = {
  text: fc.option(fc.string({ maxLength: 60 })),
  vector: fc.option(fc.tuple(fc.integer({ max: 9, min: -9 }), fc.constant(0.5))),
  number: fc.option(fc.integer({ min: -32768, max: 32767 })),
};
const asText = (key: number | null) => (key === null ? null : `é${key}`);

describe("a merge task", () => {
  it.each([code, name])(
    "gives what a join row by row gives, by $name, in memory and on disk, by one task or several",
    async (keyField) => {
      const property = fc.asyncProperty(
        fc.array(fc.array(smallKey, { minLength: 1, maxLength: 60 }), { maxLength: 4 }),
        fc.array(fc.record({ key: smallKey, ...fileValues }), { maxLength: 120 }),
        fc.constantFrom("first" as const, "last" as const),
        fc.constantFrom(inMemory, valuesOnDisk, allOnDisk),
        fc.option(fc.array(fc.nat({ max: 180 }).map(BigInt), { maxLength: 20 })),
        fc.array(fc.nat({ max: 2 }), { minLength: 4, maxLength: 4 }),
        fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
        async (segments, fileRows, onDuplicateKey, memory, deleted, tasks, groupRows) => {
          visible.clear();
          let firstId = 0;
          for (const [i, keys] of segments.entries()) {
            await add(
              BigInt(100 + i),
              keys.map((key) => ({ code: key, name: asText(key) })),
              firstId,
            );
            firstId += keys.length;
          }
          const isText = keyField === name;
          const rows = fileRows.map((row) => ({ ...row, key: isText ? asText(row.key) : row.key }));
          const isDeleted = (_key: unknown, row: number) => deleted?.includes(BigInt(row)) === true;
          if (deleted) await remove(new Set(deleted));
          const keys = segments.flat().map((key, row) => (isDeleted(key, row) ? null : isText ? asText(key) : key));
          const fields = groupRows === undefined ? newFields : [text, number];
          const options = { rules: { onDuplicateKey }, newFields: fields, groupRows };
          const made = await mergeByTasks(tasks, tasks[0], keyField, rows, options, memory);
          const { text: texts, vector: vectors, number: numbers, ...counts } = naive(keys, rows, onDuplicateKey);
          expect(await columnOf(made.segments, text)).toEqual(texts);
          if (fields.includes(vector)) expect(await columnOf(made.segments, vector)).toEqual(vectors);
          expect(await columnOf(made.segments, number)).toEqual(numbers);
          for (const field of schema.fields)
            expect(await columnOf(made.segments, field)).toEqual(await columnOf([...visible.values()], field));
          const sourceRows = keys.filter((key, row) => !isDeleted(key, row)).length;
          expect(made.report).toEqual({
            ...{ ...counts, sourceRows, destRows: sourceRows, fileRows: rows.length },
            unmatchedSourceRows: sourceRows - counts.matchedSourceRows,
          });
        },
      );
      await fc.assert(property, { numRuns: Number(process.env.SLUICE_MERGE_RUNS ?? 25) });
    },
  );

  it("makes a segment of each, in the places that are theirs, whose rows count from when they did", async () => {
    await add(70n, [{ code: 1, name: "a" }], 0);
    await add(80n, [{ code: 2, name: "b" }], 1);
    const first = [...visible.values()][0];
    visible.set(first.segmentId, { ...first, rowTimestamps: { min: 5n, max: 5n } });
    const { segments } = await merge(code, []);
    expect(segments).toMatchObject([
      { collectionId: 9n, partitionId: 20n, vchannel: "w0", rowCount: 1, rowTimestamps: { min: 5n, max: 5n } },
      { collectionId: 9n, partitionId: 20n, vchannel: "w0", rowCount: 1, rowTimestamps: { min: 80n, max: 80n } },
    ]);
    const times = [5n, 80n].map((time) => Buffer.from(BigInt64Array.of(time).buffer).toString("hex"));
    expect(await columnOf(segments, timestampField)).toEqual(times);
    expect(asked).toEqual([{ timestamp: 1000n, collectionId: 1n }]);
    for (const { insertLogs } of segments)
      expect(new Set(insertLogs.map(({ logIds }) => logIds.length))).toEqual(new Set([1]));
  });

  it("reads the keys of Parquet alone at first, where the file announces more values than fit", async () => {
    const codes = Array.from({ length: 700 }, (_, i) => (i * 311) % 700);
    await add(
      70n,
      codes.map((one) => ({ code: one, name: null })),
      0,
    );
    const columnData = [
      { name: "code", type: "INT32" as const, data: Int32Array.from(codes, (_, i) => i) },
      { name: "text", type: "STRING" as const, data: codes.map((_, i) => `t${i}`) },
      { name: "number", type: "INT32" as const, data: codes.map((_, i) => i) },
      { name: "other", type: "INT32" as const, data: codes },
    ];
    const sets = [await putFile("a.parquet", new Uint8Array(parquetWriteBuffer({ columnData })))];
    const { segments, report } = await merge(
      code,
      [],
      { sets, newFields: [text, number] },
      { workerMemoryBytes: 8000 },
    );
    expect(report).toMatchObject({ fileRows: 700, matchedSourceRows: 700, unmatchedFileRows: 0 });
    expect(await columnOf(segments, text)).toEqual(codes.map((one) => `t${one}`));
    expect(await columnOf(segments, number)).toEqual(codes);
    // Told once, although the file is read twice.
    expect(warnings).toEqual([expect.stringContaining("'other'")]);
  });

  describe("of several, by Parquet files", () => {
    const rowsOf = (begin: number, end: number) =>
      Array.from({ length: end - begin }, (_, i) => ({ code: begin + i, name: null }));
    const fileRows = (end: number, bad = -1) =>
      Array.from({ length: end }, (_, i) => ({
        ...{ key: i, text: i === bad ? "x".repeat(301) : `t${i}`, vector: null, number: i },
      }));
    /** The second of two tasks, which does not count. */
    const second = async (rows: readonly FileRow[], memory?: Memory) => {
      const segmentIds = [segmentId([...visible.keys()][1])];
      return merge(
        code,
        rows,
        { ...{ segmentIds, countedSegmentIds: false }, newFields: [text, number], groupRows: 100 },
        memory,
      );
    };
    const first = async (rows: readonly FileRow[]) => {
      const [own, counted] = [...visible.keys()].map(segmentId);
      const ids = { segmentIds: [own], countedSegmentIds: [counted] };
      return merge(code, rows, { ...ids, newFields: [text, number], groupRows: 100 });
    };
    beforeEach(async () => {
      await add(70n, rowsOf(0, 300), 0);
      await add(80n, rowsOf(300, 650), 300);
    });

    it("reads the values of row groups alone in which its rows have found something", async () => {
      const file = fileRows(900, 150);
      const { segments } = await second(file);
      expect(await columnOf(segments, text)).toEqual(rowsOf(300, 650).map((row) => `t${row.code}`));
      await expect(first(file)).rejects.toMatchObject({ code: "value_invalid", at: { row: 150, field: "text" } });
    });

    it("leaves the values that nobody has found to the task that counts, which checks them", async () => {
      const file = fileRows(900, 850);
      expect((await second(file)).report).toMatchObject({ matchedSourceRows: 350 });
      await expect(first(file)).rejects.toMatchObject({ code: "value_invalid", at: { row: 850, field: "text" } });
    });

    it("names keys that several rows have by their rows in the file", async () => {
      const file = fileRows(900).map((row, i) => ({ ...row, key: i === 750 ? 3 : row.key }));
      for (const task of [first, second])
        await expect(task(file)).rejects.toMatchObject({ at: { row: 750, field: "code" } });
    });

    it("holds no values that others have found, and puts its own aside where they do not fit", async () => {
      const own = rowsOf(300, 650).map((row) => `t${row.code}`);
      // Of 900 rows they would be 14 kB at least.
      for (const workerMemoryBytes of [12_000, 2000])
        expect(await columnOf((await second(fileRows(900), { workerMemoryBytes })).segments, text)).toEqual(own);
    });
  });

  it("changes no values that are on their way into the store", async () => {
    const codes = Array.from({ length: 60 }, (_, i) => i);
    // So long that the new field is not compressed: it is written from where it lies.
    await add(
      70n,
      codes.map((one) => ({ code: one, name: "x".repeat(100) })),
      0,
    );
    const float = testing.field("float", DataType.Float, { fieldId: 107, nullable: true });
    const rows = codes.map((key) => ({ key, float: key / 4 })) as unknown as FileRow[];
    const { segments } = await merge(code, rows, { newFields: [float] });
    expect(segments[0].insertLogs[0].logIds.length).toBeGreaterThan(5);
    expect(await columnOf(segments, float)).toEqual(
      codes.map((key) => new Int32Array(Float32Array.of(key / 4).buffer)[0]),
    );
  });

  it("leaves out segments whose rows have all expired", async () => {
    await add(70n, [{ code: 1, name: "a" }], 0);
    await add(80n, [{ code: 2, name: "b" }], 1);
    expect((await merge(code, [], { expiredTs: 70n })).report).toMatchObject({ sourceRows: 1, destRows: 1 });
  });

  it("writes nothing in a dry run", async () => {
    await add(70n, [{ code: 1, name: "a" }], 0);
    const before = await Array.fromAsync(objects.list(""));
    const row = { key: 1, text: "x", vector: [1, 2], number: 1 };
    const { segments, report } = await merge(code, [row], { isDryRun: true });
    expect(segments).toEqual([]);
    expect(report).toMatchObject({ matchedSourceRows: 1, destRows: 0 });
    expect(await Array.fromAsync(objects.list(""))).toEqual(before);
  });

  it.each([inMemory, valuesOnDisk, { ...allOnDisk, tableBytes: 1200 }])(
    "refuses rows of one key, naming some, with %o of memory",
    async (memory) => {
      await add(70n, [{ code: 1, name: "a" }], 0);
      const rows = Array.from({ length: 200 }, (_, i) => ({
        key: i % 190,
        text: "x".repeat(100),
        vector: null,
        number: i,
      }));
      await expect(merge(code, rows, {}, memory)).rejects.toMatchObject({
        code: "value_invalid",
        at: { field: "code" },
        message: expect.stringMatching(/several rows of the files have one key: \d+.*onDuplicateKey "first" or "last"/),
      });
    },
  );

  it("refuses rows of the files without a match, where the request says so", async () => {
    await add(
      70n,
      [
        { code: 1, name: "a" },
        { code: 2, name: "b" },
      ],
      0,
    );
    const rows = [1, 5].map((key) => ({ key, text: null, vector: null, number: 1 }));
    await expect(merge(code, rows, { rules: { onUnmatchedFileRow: "error" } })).rejects.toMatchObject({
      message: expect.stringContaining("1 rows of the files have a key that no row of the collection has"),
    });
    const { report } = await merge(code, rows, { rules: { onUnmatchedFileRow: "report" } });
    expect(report).toMatchObject({ unmatchedFileRows: 1 });
    expect(warnings).toContain("1 rows of the files have a key that no row of the collection has");
  });

  it("refuses values that a new field does not take, with their place", async () => {
    await add(70n, [{ code: 1, name: "a" }], 0);
    const rows = [1, 2].map((key) => ({ key, text: null, vector: null, number: key === 2 ? 40_000 : 1 }));
    await expect(merge(code, rows)).rejects.toMatchObject({ at: { file: "a.jsonl", row: 1, field: "number" } });
  });

  it("takes rows of text that leave a new field out for nulls, wherever they stand", async () => {
    await add(
      70n,
      [
        { code: 1, name: "a" },
        { code: 299, name: "b" },
      ],
      0,
    );
    const rows = Array.from({ length: 300 }, (_, key) =>
      key < 250 ? { key } : { key, text: `t${key}`, vector: null },
    );
    const { segments } = await merge(code, rows as FileRow[]);
    expect(await columnOf(segments, text)).toEqual([null, "t299"]);
  });

  it("compares integers by value: one that the field cannot have matches nothing", async () => {
    await add(70n, [{ code: 1, name: "a" }], 0);
    const rows = [1, 2 ** 32 + 1].map((key, i) => ({ key, text: `${i}`, vector: null, number: null }));
    const { segments, report } = await merge(code, rows);
    expect(report).toMatchObject({ matchedSourceRows: 1, unmatchedFileRows: 1 });
    expect(await columnOf(segments, text)).toEqual(["0"]);
  });
});
