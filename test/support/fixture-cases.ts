import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { SchemaDict } from "./collections.ts";

/** Files that real programs wrote. */
export const fixtureFolder = resolve(import.meta.dirname, "../fixtures");

/** One import of a fixture folder's `expected.json`; the fixtures' README explains the fields. */
export interface FixtureCase {
  readonly name: string;
  /** Absolute. */
  readonly files: readonly string[];
  readonly type: string;
  readonly schema: SchemaDict;
  readonly expect: "rows" | "rows_or_error" | "error";
  readonly rowCount: number;
  readonly error?: { readonly kind: string; readonly row?: number; readonly field?: string };
  readonly needsMapping: boolean;
}

/** Every case below some folders of the fixtures. */
export function fixtureCases(folders: readonly string[], types: readonly string[]): FixtureCase[] {
  const patterns = folders.flatMap((folder) => [`${folder}/expected.json`, `${folder}/*/expected.json`]);
  return globSync(patterns, { cwd: fixtureFolder })
    .sort()
    .flatMap((path) => casesOf(path, types));
}

// biome-ignore lint/suspicious/noExplicitAny: the file's own shape, described in the fixtures' README
type Expected = any;

function casesOf(path: string, types: readonly string[]): FixtureCase[] {
  const folder = join(fixtureFolder, dirname(path));
  const expected: Expected = JSON.parse(readFileSync(join(folder, basename(path)), "utf8"));
  return expected.cases
    .filter((entry: Expected) => types.includes(entry.type))
    .map((entry: Expected) => ({
      name: `${dirname(path)}: ${entry.name}`,
      files: entry.files.map((file: string) => join(folder, file)),
      type: entry.type,
      schema: expected.schemas[entry.schema],
      expect: entry.expect,
      rowCount: expected.tables[entry.rows]?.length ?? 0,
      error: entry.error,
      needsMapping: entry.fields_mapping !== undefined,
    }));
}
