import type { JobKind, OtherJob, OtherKind } from "../api/types.ts";

interface KindWords {
  /** In lists of kinds. */
  readonly title: string;
  /** Its state while it works, in the words of REST. */
  readonly working: string;
  /** The member with the rows that are done. */
  readonly rows: string;
  /** How one is started. */
  readonly start: string;
}

/** The kinds of jobs beside imports. Source: docs/export.md, docs/copy.md, docs/merge.md. */
export const otherKinds: Readonly<Record<OtherKind, KindWords>> = {
  export: { title: "Exports", working: "Exporting", rows: "exportedRows", start: "sluice export" },
  copy: { title: "Copies", working: "Copying", rows: "copiedRows", start: "sluice copy" },
  merge: { title: "Merges", working: "Merging", rows: "mergedRows", start: "sluice merge" },
};

/** All kinds with their titles, in the order in which they are offered. */
export const kindTitles: readonly (readonly [JobKind, string])[] = [
  ["import", "Imports"],
  ...Object.entries(otherKinds).map(([kind, { title }]) => [kind as JobKind, title] as const),
];

export function isOtherKind(text: string | null): text is OtherKind {
  return text !== null && Object.hasOwn(otherKinds, text);
}

export function rowsOfOther(job: OtherJob, kind: OtherKind): number {
  return Number(members(job)[otherKinds[kind].rows] ?? 0);
}

/** Told elsewhere on a job's page. */
const told: readonly string[] = [
  ...["jobId", "collectionName", "state", "progress", "progressAtFailure", "createTime", "completeTime", "paused"],
  ...["phase", "waitsFor", "rowsPerSecond", "remainingSeconds", "reason", "warnings"],
  ...Object.values(otherKinds).map(({ rows }) => rows),
];

/** What a job has come to: names in words with single values. */
export function outcomeOf(job: OtherJob): [string, string | number | boolean][] {
  return Object.entries(members(job)).flatMap(([name, value]) => {
    if (told.includes(name) || value === null || value === "") return [];
    const shown = Array.isArray(value) && value.every((item) => typeof item === "string") ? value.join(", ") : value;
    return typeof shown === "object" || shown === "" ? [] : [[inWords(name), shown as string | number | boolean]];
  });
}

/** The rows of a job's partitions, where it counts them. */
export function partitionsOf(job: OtherJob): readonly { name: string; sourceRows: number; rows: number }[] {
  const { partitions } = members(job);
  return Array.isArray(partitions) ? partitions : [];
}

/** `unmatchedFileRows` -> `Unmatched file rows`; of bytes the value says that they are. */
function inWords(name: string): string {
  if (name === "sizeBytes") return "Size";
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0].toUpperCase() + words.slice(1);
}

function members(job: OtherJob): Readonly<Record<string, unknown>> {
  return job as unknown as Readonly<Record<string, unknown>>;
}
