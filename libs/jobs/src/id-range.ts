import { ImportError } from "@sluice/errors";

/** Key of a file's options under which its job records them. */
export const ID_RANGE_OPTION = "pre_allocated_auto_ids";

/** Rows that the keys of one file may be made for. Source: Milvus refuses larger files (import semantics §10). */
const MAX_ROWS = 2n ** 32n - 1n;

/** Automatic keys that were allocated for one file before its import: row i gets `begin + i`. */
export interface IdRange {
  readonly begin: bigint;
  /** Exclusive. */
  readonly end: bigint;
}

/** As an option is recorded. */
export function idRangeText({ begin, end }: { begin: number | string; end: number | string }): string {
  return `${begin}:${end}`;
}

/** What the options of a set of files say; undefined for nothing. @throws {ImportError} `request_invalid` */
export function idRangeOf(options: Readonly<Record<string, string>> | undefined): IdRange | undefined {
  const text = options?.[ID_RANGE_OPTION];
  if (text === undefined) return undefined;
  const [begin, end] = text.split(":").map(BigInt);
  if (end <= begin || end > 2n ** 63n) throw invalid(`from ${begin} to ${end} (exclusive) there are no Int64 keys`);
  if (end - begin > MAX_ROWS)
    throw invalid(`${end - begin} keys are more than the ${MAX_ROWS} rows that a file may have`);
  return { begin, end };
}

/** What a file with more rows than keys is refused with. @param row the first one without, where it is known */
export function tooFewIds({ begin, end }: IdRange, file: string, row?: number, rowCount?: number): ImportError {
  const found = rowCount === undefined ? "it has more" : `it has ${rowCount}`;
  const reason = `there are keys for ${end - begin} rows of this file, from ${begin} on, and ${found}`;
  return invalid(reason, { file, ...(row !== undefined && { row }) });
}

function invalid(reason: string, at?: { file: string; row?: number }): ImportError {
  return new ImportError("request_invalid", `${ID_RANGE_OPTION}: ${reason}`, at);
}
