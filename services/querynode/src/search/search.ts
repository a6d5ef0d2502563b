import type { Turns } from "@sluice/async";
import type { RowFilter, SegmentRows } from "../segment-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import type { QueryVectors } from "./query-vectors.ts";
import type { ScoreThreads } from "./score-threads.ts";
import type { SearchParams } from "./search-params.ts";
import type { SearchSources } from "./search-sources.ts";
import type { Bm25Params } from "./terms.ts";

/** One search, whose names and vectors are resolved. */
export interface Search {
  readonly filter: RowFilter;
  readonly params: SearchParams;
  readonly queries: QueryVectors;
  /** Of the metric BM25. */
  readonly bm25?: Bm25Params;
  /** Only hits behind this one: of an iterator. */
  readonly after: { readonly score: number; readonly key?: bigint | string } | undefined;
}

export interface SearchDeps {
  readonly rows: SegmentRows;
  readonly segments: readonly VisibleSegment[];
  readonly sources: SearchSources;
  readonly threads: ScoreThreads;
  readonly turns: Turns;
  readonly signal: AbortSignal;
}
