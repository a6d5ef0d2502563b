import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import type { Format } from "../../src/format.ts";
import { readFiles } from "../arrays/array-files.ts";

export const fixtures = join(import.meta.dirname, "../../../../test/fixtures/stores");

/** What the programs themselves give, by store and table. */
export const expected: Readonly<Record<string, readonly Record<string, unknown>[]>> = JSON.parse(
  readFileSync(join(fixtures, "rows.json"), "utf8"),
);

export type Files = Readonly<Record<string, Uint8Array>>;

/** A file, or the files of a folder, by their paths below that of the fixtures. */
export function filesOf(path: string): Files {
  const whole = join(fixtures, path);
  const read = (name: string) => [relative(fixtures, name), new Uint8Array(readFileSync(name))] as const;
  if (/\.\w+$/.test(path) && !path.startsWith("milvus-lite")) return Object.fromEntries([read(whole)]);
  const entries = readdirSync(whole, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(entries.map(({ parentPath, name }) => read(join(parentPath, name))));
}

/** Every member of every row, in `$meta`. */
export async function membersOf(
  format: Format,
  files: Files,
  options: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>[]> {
  const id = field("sluice_key", DataType.Int64, { isPrimaryKey: true, autoId: true });
  const vector = field("sluice_vector", DataType.FloatVector, { dim: 2, nullable: true });
  const meta = field("$meta", DataType.JSON, { isDynamic: true });
  const schema = collection([id, vector, meta], { enableDynamicField: true });
  const { rows } = await readFiles(format, files, { schema, options });
  return rows.map(({ $meta }) => $meta as Record<string, unknown>);
}
