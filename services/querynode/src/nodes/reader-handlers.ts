import { endOf, okStatus, type ServedService, segmentOfMessage, segmentReader, served } from "@sluice/rpc";
import type { IteratorHits } from "../search/iterator-hits.ts";
import { hitOf } from "../search/last-hit.ts";
import { rankSegments } from "../search/rank-segments.ts";
import type { ScoreThreads } from "../search/score-threads.ts";
import { countTerms } from "../search/terms.ts";
import type { SegmentRows } from "../segment-rows.ts";
import { tellingGone } from "./gone.ts";
import { aggregateRows } from "./grouped-rows.ts";
import { selectRows, takeParts } from "./segment-reader.ts";

/** What answers other querynodes. */
export interface ReaderDeps {
  readonly rows: SegmentRows;
  readonly threads: ScoreThreads;
  readonly iterators: IteratorHits;
}

/** What this node reads for others. */
export function readerHandlers({ rows, threads, iterators }: ReaderDeps): ServedService {
  return served<segmentReader.SegmentReaderServer>(segmentReader.SegmentReaderService, {
    selectRows: (order, call) => tellingGone(() => selectRows(order, rows, endOf(call))),
    aggregateRows: (order, call) => tellingGone(() => aggregateRows(order, rows, endOf(call))),
    rankRows: (order, call) => tellingGone(() => rankSegments(order, { rows, threads }, endOf(call))),
    takeRows: (order, call) => tellingGone(() => takeParts(order, rows, endOf(call))),
    countTerms: (order) => tellingGone(() => countTerms(order, order.segments.map(segmentOfMessage), rows)),
    rememberHit: (hit) => {
      iterators.keep(hit.token, hitOf(hit));
      return okStatus();
    },
    recallHit: ({ token }) => iterators.find(token),
  });
}
