import type { TaskState } from "./states.ts";

/** What is known of a task's rows. */
export interface RowCounts {
  readonly state: TaskState;
  readonly sizeBytes: number;
  readonly processedBytes: number;
  /** Rows read so far; all of them once it is persisted. */
  readonly rowCount: number;
  /** Rows that header or footer announce. */
  readonly announcedRows?: number;
}

/** How many rows a job reads, as far as it is known. */
export interface RowTotal {
  readonly rows: number;
  /** Some of it is projected from bytes read; nothing is known where it is 0. */
  readonly isEstimate: boolean;
}

/**
 * Rows of the sources behind `tasks`: counted where they were read to the end, announced by header or footer, else projected
 * from the bytes that were read so far. Never the rows read so far: who divides by it would see 100 % from the first report.
 */
export function totalRows(tasks: readonly RowCounts[]): RowTotal {
  const isRead = tasks.every(({ state }) => state === "persisted");
  const known = tasks.map((task) => knownRows(task, isRead));
  const unknown = tasks.filter((_, i) => known[i] === undefined);
  const sum = known.reduce<number>((total, rows) => total + (rows ?? 0), 0);
  // Sources that are not cut into tasks yet have rows that nobody knows, not none.
  if (tasks.length > 0 && unknown.length === 0) return { rows: sum, isEstimate: false };
  return { rows: sum + projected(unknown, tasks), isEstimate: true };
}

/** Shares of a source are right together only: while others of them are not read, the count of one says nothing of the sum. */
function knownRows({ state, rowCount, announcedRows }: RowCounts, isRead: boolean): number | undefined {
  if (announcedRows !== undefined && !isRead) return announcedRows;
  return state === "persisted" ? rowCount : undefined;
}

/** Rows of `unknown`, as dense as what was read of all tasks; at least what was read of them. */
function projected(unknown: readonly RowCounts[], tasks: readonly RowCounts[]): number {
  const sumOf = (list: readonly RowCounts[], key: "rowCount" | "processedBytes" | "sizeBytes") =>
    list.reduce((total, task) => total + task[key], 0);
  const bytes = sumOf(tasks, "processedBytes");
  const rows = bytes > 0 ? (sumOf(unknown, "sizeBytes") * sumOf(tasks, "rowCount")) / bytes : 0;
  return Math.max(Math.round(rows), sumOf(unknown, "rowCount"));
}

/** Announced rows of a source, shared among its parts by their bytes; whole numbers that add up to `rows`. */
export function shareRows(rows: number, sizesBytes: readonly number[]): number[] {
  const total = Math.max(
    1,
    sizesBytes.reduce((sum, size) => sum + size, 0),
  );
  let [bytes, given] = [0, 0];
  return sizesBytes.map((size, i) => {
    bytes += size;
    const upTo = i === sizesBytes.length - 1 ? rows : Math.floor((rows * bytes) / total);
    const share = upTo - given;
    given = upTo;
    return share;
  });
}
