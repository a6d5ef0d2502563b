import { type importing, okStatus, type segmentReader } from "@sluice/rpc";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import { packed, unpacked } from "../nodes/packed.ts";
import { keyedRows, PartMessages } from "../nodes/part-rows.ts";
import { rowsOrder } from "../nodes/rows-order.ts";
import type { VisibleSegment } from "../unexpired.ts";
import { hitMessage } from "./last-hit.ts";
import type { Search } from "./search.ts";
import type { SearchSources } from "./search-sources.ts";
import type { TopHits } from "./top-hits.ts";
import { vectorsMessage } from "./vectors-message.ts";

/** A search of some segments, for the node that they fall to. */
export function rankOrder(
  { filter, asked, queries, bm25, after }: Search,
  segments: readonly VisibleSegment[],
  limit: number,
): segmentReader.RankRowsOrder {
  return {
    ...asked,
    rows: rowsOrder(filter, segments),
    vectors: vectorsMessage(queries),
    bm25,
    after: after && hitMessage("", after),
    limit: BigInt(limit),
  };
}

/** The best rows of each query, each row, or element, that is among them once with its key. */
export function rankedRows(
  tops: readonly TopHits[],
  sources: SearchSources,
  segments: readonly importing.SegmentInfo[],
): segmentReader.RankedRows {
  const hits = tops.map((top) => top.all());
  let end = 0;
  const ends = Uint32Array.from(hits, ({ length }) => (end += length));
  const [scores, sourceOf, positions] = [new Float64Array(end), new Uint32Array(end), new Uint32Array(end)];
  const found = new Map<number, Map<number, number>>();
  const placeOf = new Map<number, number>();
  for (const [i, { score, source, row }] of hits.flat().entries()) {
    if (!found.has(source)) {
      placeOf.set(source, found.size);
      found.set(source, new Map());
    }
    const rows = found.get(source) as Map<number, number>;
    const position = rows.get(row) ?? rows.size;
    rows.set(row, position);
    [scores[i], sourceOf[i], positions[i]] = [score, placeOf.get(source) as number, position];
  }
  const messages = new PartMessages(segments);
  const elements: Buffer[] = [];
  const parts = [...found].map(([source, byRow]) => {
    const places = Uint32Array.from(byRow.keys());
    if (sources.elementAt(source, places[0]) !== undefined)
      elements.push(packed(places.map((place) => sources.elementAt(source, place) as number)));
    const rows = places.map((place) => sources.rowAt(source, place));
    return messages.message({ part: sources.parts[source], rows, keys: sources.keysOf(source, places) });
  });
  return {
    ...{ status: okStatus(), parts, ends: packed(ends), elements },
    ...{ scores: packed(scores), sources: packed(sourceOf), positions: packed(positions) },
  };
}

/** Adds what another node has found. */
export function addRanked(
  answer: segmentReader.RankedRows,
  { fields, ...collection }: CollectionSchema,
  into: {
    readonly tops: readonly TopHits[];
    readonly segments: readonly VisibleSegment[];
    readonly sources: SearchSources;
  },
): void {
  const key = fields[primaryKeyIndex({ fields, ...collection })];
  const places = answer.parts.map((message, i) => {
    const { part, rows, keys } = keyedRows(message, into.segments, key);
    const elements = i < answer.elements.length ? unpacked.uint32(answer.elements[i]) : undefined;
    return into.sources.addFound(part, rows, keys, elements);
  });
  const [ends, scores] = [unpacked.uint32(answer.ends), unpacked.float64(answer.scores)];
  const [sourceOf, positions] = [unpacked.uint32(answer.sources), unpacked.uint32(answer.positions)];
  let at = 0;
  for (const [query, top] of into.tops.entries())
    for (; at < ends[query]; at++) top.add(scores[at], places[sourceOf[at]], positions[at]);
}
