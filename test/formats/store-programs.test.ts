import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { readFiles } from "../../libs/formats/test/arrays/array-files.ts";
import { itWith, pythonOf, runProgram } from "../support/index.ts";

// Programs keep rows through a random history here and now; an import gives what they themselves give back.

type Row = Readonly<Record<string, unknown>>;
const folder = mkdtempSync(join(tmpdir(), "sluice-stores-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = join(import.meta.dirname, "store_programs.py");

/** Every member of a row is in `$meta`, but for the key of Milvus Lite. */
const members = {
  ...collection([
    field("sluice_key", DataType.Int64, { isPrimaryKey: true, autoId: true }),
    field("sluice_vector", DataType.FloatVector, { dim: 2, nullable: true }),
    field("$meta", DataType.JSON, { isDynamic: true }),
  ]),
  enableDynamicField: true,
};
const lite = collection([
  field("id", DataType.Int64, { isPrimaryKey: true }),
  field("vector", DataType.FloatVector, { dim: 3 }),
]);

itWith("stores")(
  "what Chroma, qdrant-client, Milvus Lite and sqlite-vec keep is read as they have it",
  async () => {
    const { exitCode, output } = await runProgram(pythonOf("stores"), [script, folder, "1"], 120_000);
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
    const expected: Record<string, Row[]> = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
    for (const name of ["by-cosine", "by-l2", "by-ip"]) expectRows(await rowsOf("chroma", name), expected[name]);
    expectRows(await rowsOf("qdrant/collection/points"), expected.points);
    expectRows(await rowsOf("vectors.db"), expected.v);
    for (const store of ["closed.db", "open.db"]) {
      const { rows } = await readFiles(formatNamed("milvus-lite"), filesOf(store), { schema: lite });
      expectRows(rows, expected.lite);
    }
  },
  180_000,
);

async function rowsOf(store: string, table?: string): Promise<Row[]> {
  const options: Record<string, string> = table === undefined ? {} : { table };
  const { rows } = await readFiles(formatNamed("sqlite"), filesOf(store), { schema: members, options });
  return rows.map(({ $meta }) => $meta as Row);
}

/** A file, or the files of a folder. */
function filesOf(store: string): Record<string, Uint8Array> {
  const read = (path: string) => [path, new Uint8Array(readFileSync(join(folder, path)))] as const;
  if (store === "vectors.db") return Object.fromEntries([read(store)]);
  const entries = readdirSync(join(folder, store), { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(names.map((name) => read(name.slice(folder.length + 1))));
}

/** Without regard to order; what a program has not, it need not say. Graphs by cosine give vectors to about 1e-7. */
function expectRows(found: readonly Row[], expected: readonly Row[]): void {
  const keyOf = ({ id, rowid }: Row) => `${id ?? rowid}`;
  const sorted = (rows: readonly Row[]) => [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const near = (value: unknown) => (typeof value === "number" ? expect.closeTo(value, 4) : value);
  const wanted = sorted(expected).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, Array.isArray(value) ? value.map(near) : value]),
    ),
  );
  expect(found).toHaveLength(expected.length);
  expect(sorted(found)).toMatchObject(wanted);
}
