import { DataType } from "@sluice/schema";
import { type Book, books, type CollectionSpec, npyBytes, type SourceFiles } from "../support/index.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** One import that a fault test submits, and what must become of it. */
export interface PlannedJob {
  readonly collection: string;
  /** Absolute paths, different for every job. */
  readonly files: readonly string[];
  readonly rowCount: number;
  /** Key range [first, last) that no other job of its collection has; of automatic keys: of the field `number`. */
  readonly first: bigint;
  readonly last: bigint;
  /** Parts of the reason with which it must fail; empty when it must complete. */
  readonly fault: readonly string[];
}

const vector = { name: "vector", type: DataType.FloatVector, dim: 4 } as const;

/** Collections that the jobs of fault suites go into: by key, with automatic keys, by partition key. */
export const faultCollections: readonly CollectionSpec[] = [
  {
    name: "plain",
    shards: 4,
    fields: [
      { name: "id", type: DataType.Int64, key: true },
      { name: "title", type: DataType.VarChar, maxLength: 200 },
      { name: "year", type: DataType.Int32 },
      vector,
    ],
  },
  {
    name: "automatic",
    shards: 4,
    fields: [
      { name: "id", type: DataType.Int64, key: true, auto: true },
      { name: "number", type: DataType.Int64 },
      vector,
    ],
  },
  {
    name: "keyed",
    shards: 1,
    partitions: 4,
    fields: [
      { name: "id", type: DataType.VarChar, key: true, maxLength: 40 },
      { name: "number", type: DataType.Int64, partitionKey: true },
      vector,
    ],
  },
];

/** The field whose ranges tell jobs apart. */
export function rangeField(collection: string): string {
  return collection === "plain" ? "id" : "number";
}

/** Keys of a job start here times its number. */
const KEYS_PER_JOB = 1_000_000;

/** Writes the files of job `index`; sizes from a row to some tasks of one megabyte, most of
 * them enough to be hit while they run. */
export async function planJob(files: SourceFiles, random: SeededRandom, index: number): Promise<PlannedJob> {
  const first = BigInt((index + 1) * KEYS_PER_JOB);
  const rowCount = random.chance(0.2) ? random.int(1, 50) : random.int(2000, 80_000);
  const kind = random.pick(["jsonl", "json", "parquet", "npy", "files", "automatic", "keyed"] as const);
  const isBad = random.chance(0.25);
  const range = { first, last: first + BigInt(rowCount), rowCount };
  const name = `job-${index}`;
  if (kind === "automatic" || kind === "keyed") {
    const rows = numberedRows(kind, rowCount, first);
    const fault = isBad ? spoilRow(rows, random.int(0, rowCount - 1), "vector", [1]) : [];
    return {
      ...range,
      collection: kind,
      files: await files.jsonl(`${name}.jsonl`, rows),
      fault: withFile(fault, name),
    };
  }
  const { paths, fault } = await writeBooks(kind, files, name, books(rowCount, first), isBad, random);
  return { ...range, collection: "plain", files: paths, fault: withFile(fault, name) };
}

function withFile(fault: readonly string[], name: string): string[] {
  return fault.length > 0 ? [name, ...fault] : [];
}

function numberedRows(collection: string, count: number, first: bigint): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => {
    const number = first + BigInt(i);
    return { ...(collection === "keyed" ? { id: `key ${number}` } : {}), number, vector: [i, 1, 2, 3] };
  });
}

/** Makes one row wrong; what the reason must say. */
function spoilRow(rows: object[], row: number, field: string, value: unknown): string[] {
  rows[row] = { ...rows[row], [field]: value };
  return [`row ${row}`, field];
}

type BookKind = "jsonl" | "json" | "parquet" | "npy" | "files";

async function writeBooks(
  kind: BookKind,
  files: SourceFiles,
  name: string,
  rows: Book[],
  isBad: boolean,
  random: SeededRandom,
) {
  const spoil = (part: object[]) => (isBad ? spoilRow(part, random.int(0, part.length - 1), "year", "x") : []);
  switch (kind) {
    case "parquet": {
      const paths = await files.parquet(`${name}.parquet`, rows);
      if (!isBad) return { paths, fault: [] };
      return { paths: [await files.write(`${name}.parquet`, "PAR1 nothing PAR1")], fault: [`${name}.parquet`] };
    }
    case "npy": {
      const paths = await files.npy(name, rows);
      if (isBad)
        await files.write(`${name}/year.npy`, npyBytes("<i4", [rows.length + 1], new Int32Array(rows.length + 1)));
      return { paths, fault: isBad ? ["year"] : [] };
    }
    case "files": {
      const half = Math.ceil(rows.length / 2);
      const parts: object[][] = [rows.slice(0, half), rows.slice(half)];
      const fault = spoil(parts[0]);
      const written = await Promise.all(parts.map((part, i) => files.jsonl(`${name}-${i}.jsonl`, part)));
      return { paths: written.flat(), fault };
    }
    default: {
      const fault = spoil(rows);
      return { paths: await files[kind](`${name}.${kind}`, rows), fault };
    }
  }
}
