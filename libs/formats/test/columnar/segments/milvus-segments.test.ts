import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { type CanonicalRow, canonicalJson, type FixtureSchema, fixtureSchema } from "@sluice/formats/testing";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { fixtures, inputOf, readSegments, rowsOf } from "./segment-files.ts";

/** Segments that a Milvus 2.3.5 wrote, with the rows that went in. */
const root = join(fixtures, "milvus-2.3.5");
const cases = globSync("*/case.json", { cwd: root })
  .map((path) => path.split("/")[0])
  .sort();

interface Case {
  readonly describe: FixtureSchema;
  readonly rows: readonly Record<string, unknown>[];
  readonly deletedPrimaryKeys: readonly string[];
  readonly assignedPrimaryKeys?: readonly string[];
}

describe.each(cases)("segments of Milvus 2.3.5: %s", (name) => {
  const described = canonicalJson(readFileSync(join(root, name, "case.json"), "utf8")) as Case;
  const schema = { ...fixtureSchema(described.describe), allowInsertAutoId: true };
  const key = schema.fields.find(({ isPrimaryKey }) => isPrimaryKey)!.name;
  const byKey = (a: CanonicalRow, b: CanonicalRow) => (String(a[key]) < String(b[key]) ? -1 : 1);

  it.each([1 << 20, 200])("give the rows that are not deleted, in batches of %s bytes", async (batchBytes) => {
    const found: CanonicalRow[] = [];
    for (const { input } of await segmentsOf(name, schema)) found.push(...(await rowsOf(input, batchBytes)));
    const deleted = new Set(described.deletedPrimaryKeys);
    const wanted = expectedRows(described, schema, key).filter((row) => !deleted.has(String(row[key])));
    expect(found.map((row) => plain(row, schema)).sort(byKey)).toEqual(wanted.sort(byKey));
  });

  it("are told without their rows: fields by their ids, and how many rows where none may be deleted", async () => {
    for (const { input, hasDeltas } of await segmentsOf(name, schema)) {
      const { columns, rowCount } = await formatNamed("binlog").describe(input.sources, signal, input.options);
      expect(columns.map(({ name: id, dataType }) => [id, dataType])).toEqual(
        schema.fields.map(({ fieldId, dataType }) => [String(fieldId), dataType]),
      );
      const probe = await formatNamed("binlog").probe(input, signal);
      expect(probe).toMatchObject({ rowCount, cuts: "nowhere" });
      expect(rowCount === undefined).toBe(hasDeltas);
    }
  });
});

describe("a segment whose commit takes the place of its rows' times", () => {
  const name = "insert-two-flushes-arrays-text-deletes";
  const described = canonicalJson(readFileSync(join(root, name, "case.json"), "utf8")) as Case;
  const schema = fixtureSchema(described.describe);
  const rowsWith = async (options: Readonly<Record<string, string>>) => {
    const segments = [...readSegments(join(root, name)).values()];
    const rows = await Promise.all(segments.map(async (segment) => rowsOf(await inputOf(segment, schema, options))));
    return rows.flat().length;
  };
  const all = described.rows.length;
  const left = all - described.deletedPrimaryKeys.length;

  it.each<[when: string, commitTs: bigint, rows: number]>([
    ["after the deletes", 2n ** 62n, all],
    ["before them", 1n, left],
  ])("has lost what later deletes name, of a commit %s", async (_when, commitTs, rows) => {
    expect(await rowsWith({ commit_ts: String(commitTs) })).toBe(rows);
  });

  it("is within bounds of time as a whole, or not at all", async () => {
    const commitTs = 2n ** 62n;
    const bounds = { start_ts: String(commitTs - 1n), end_ts: String(commitTs + 1n) };
    expect(await rowsWith({ ...bounds, commit_ts: String(commitTs) })).toBe(all);
    expect(await rowsWith({ ...bounds, commit_ts: String(commitTs + 2n) })).toBe(0);
  });
});

const signal = new AbortController().signal;

async function segmentsOf(name: string, schema: CollectionSchema) {
  const segments = [];
  for (const segment of readSegments(join(root, name)).values())
    segments.push({ input: await inputOf(segment, schema), hasDeltas: segment.deltas.size > 0 });
  return segments;
}

/** The case's rows in canonical form: what is no field goes to `$meta`. */
function expectedRows({ rows: all, assignedPrimaryKeys: assigned }: Case, schema: CollectionSchema, key: string) {
  const isRange = "id_ranges" in all[0];
  const rows = isRange ? all.slice(1) : all;
  const start = isRange ? BigInt(String(all[0].id_ranges).match(/\d+/)![0]) : 0n;
  const names = new Set(schema.fields.map(({ name }) => name));
  return rows.map((row, i) => {
    const own = assigned?.[i] ?? (isRange ? String(start + BigInt(i)) : row[key]);
    const meta = Object.fromEntries(Object.entries(row).filter(([name]) => !names.has(name)));
    return plain({ ...row, [key]: own, ...(schema.enableDynamicField && { $meta: meta }) }, schema);
  });
}

/** Integers as text, in the order of the schema. */
function plain(row: CanonicalRow, { fields }: CollectionSchema): CanonicalRow {
  return Object.fromEntries(
    fields.map(({ name, dataType, elementType }) => {
      const value = row[name];
      if (isInteger(dataType)) return [name, String(value)];
      if (dataType === DataType.BinaryVector && Array.isArray(value)) return [name, Buffer.from(value).toString("hex")];
      if (dataType !== DataType.Array) return [name, value];
      return [name, (value as unknown[]).map((one) => (isInteger(elementType) ? String(one) : elementType === DataType.Float ? Math.fround(Number(one)) : one))]; // biome-ignore format: one line
    }),
  );
}

function isInteger(type: DataType): boolean {
  return type >= DataType.Int8 && type <= DataType.Int64;
}
