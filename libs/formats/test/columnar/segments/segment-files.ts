import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { formatNamed, planFields, type ReaderInput } from "@sluice/formats";
import { type CanonicalRow, readCanonicalRows } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import type { CollectionSchema } from "@sluice/schema";

export const fixtures = join(import.meta.dirname, "../../../../../test/fixtures");

/** Files of a segment by their paths, to be changed before they are read. */
export interface Segment {
  readonly logs: Map<string, Buffer>;
  readonly deltas: Map<string, Buffer>;
}

/** All segments below a folder, by their ids. Delta logs of segments without rows are those of every segment. */
export function readSegments(folder: string): Map<string, Segment> {
  const deltas = filesBelow(folder, "delta_log");
  const logs = filesBelow(folder, "insert_log");
  const segmentOf = (path: string) => path.split("/")[3];
  const ids = new Set([...logs.keys()].map(segmentOf));
  const pick = (files: ReadonlyMap<string, Buffer>, isWanted: (id: string) => boolean) =>
    new Map([...files].filter(([path]) => isWanted(segmentOf(path))));
  const parts = [...ids].map((id) => {
    const own = pick(deltas, (other) => other === id || !ids.has(other));
    return [id, { logs: pick(logs, (other) => other === id), deltas: own }] as const;
  });
  return new Map(parts);
}

function filesBelow(folder: string, kind: string): Map<string, Buffer> {
  const entries = globSync(`${kind}/*/*/*/**`, { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path)]));
}

export async function inputOf(
  { logs, deltas }: Segment,
  schema: CollectionSchema,
  more: Readonly<Record<string, string>> = {},
  warn: (text: string) => void = () => {},
): Promise<ReaderInput> {
  const sources = [];
  for (const [path, bytes] of [...logs, ...deltas]) sources.push(await memoryFile(path, bytes));
  const options = { ...more, delta_logs: String(deltas.size) };
  return { sources, plan: planFields(schema, more), options, warn };
}

export async function rowsOf(input: ReaderInput, batchBytes?: number): Promise<CanonicalRow[]> {
  return readCanonicalRows(input.plan.schema, formatNamed("binlog").open(input), batchBytes);
}
