import type { Column } from "@sluice/columns";
import type { MergeKeys, SourceKeys } from "./merge-keys.ts";

/** Rows of the source whose logs stand together. */
export interface SourcePart {
  readonly rowCount: number;
  /** Number of its first row among all of the source. */
  readonly firstRow: number;
  readonly keys: () => Promise<MergeKeys>;
}

/** What a part of the source has found. */
export interface MatchedRows {
  /** Values of the new fields, for every row. They stay valid during the next two calls. */
  readonly columns: readonly Column[];
  /** Rows that have found one of the files. */
  readonly matched: number;
}

/** Gives the rows of the source, part after part, in order, the values that the files have for them. */
export interface RowMatcher extends AsyncDisposable {
  /** What the next part has found. @throws {ImportError} as reading the files, and of the part's keys */
  match(part: SourcePart): Promise<MatchedRows>;
  /** All parts were matched. Counts rows of the files that have found nothing. @param others rows of the source that have no part here */
  end(others: AsyncIterable<SourceKeys>): Promise<void>;
}
