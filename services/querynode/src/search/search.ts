import type { Turns } from "@sluice/async";
import type { queryNode, segmentReader } from "@sluice/rpc";
import type { RowFilter } from "../compile-query.ts";
import type { SpreadRows } from "../nodes/spread-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import type { LastHit } from "./last-hit.ts";
import type { QueryVectors } from "./query-vectors.ts";
import type { ScoreThreads } from "./score-threads.ts";
import type { SearchParams } from "./search-params.ts";
import type { SearchSources } from "./search-sources.ts";
import type { Bm25Params } from "./terms.ts";

/** One search, whose names and vectors are resolved. */
export interface Search {
  readonly filter: RowFilter;
  readonly params: SearchParams;
  /** What these parameters were read from. */
  readonly asked: AskedSearch;
  readonly queries: QueryVectors;
  /** Positions of queries without a vector, which have no hits. */
  readonly nulls?: ReadonlySet<number>;
  /** Of the metric BM25. */
  readonly bm25?: Bm25Params;
  /** Only hits behind this one: of an iterator. */
  readonly after: LastHit | undefined;
}

/** Parameters of a search, as another node has to know them. */
export type AskedSearch = Required<Pick<segmentReader.RankRowsOrder, "request" | "metrics">>;

/** Metrics of indexes by the names of their fields. */
export function metricsOf(metrics: readonly queryNode.FieldMetric[]): ReadonlyMap<string, string> {
  return new Map(metrics.map(({ fieldName, metric }) => [fieldName, metric]));
}

/** What a search reads, and what it reads with. */
export interface SearchDeps {
  readonly rows: SpreadRows;
  readonly segments: readonly VisibleSegment[];
  readonly sources: SearchSources;
  readonly threads: ScoreThreads;
  readonly turns: Turns;
  readonly signal: AbortSignal;
}
