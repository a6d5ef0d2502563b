import { StatusError } from "@sluice/errors";
import { bytesField, joined, type Parts, partsOf, toBuffer } from "@sluice/fields";
import type { OutputPlan } from "@sluice/query";
import { type common, milvus, okStatus, type queryNode, schema } from "@sluice/rpc";
import { type CollectionSchema, primaryKeyIndex, sessionTimestamp } from "@sluice/schema";
import { answerFields } from "../answer-fields.ts";
import { rowsText } from "../compile-query.ts";
import type { TimePart } from "../time-parts.ts";
import type { GroupBy } from "./group-params.ts";
import { groupValues } from "./group-values.ts";
import type { SearchDeps } from "./search.ts";
import type { SearchSources } from "./search-sources.ts";
import type { Hit } from "./top-hits.ts";

/** Numbers of `SearchResults.results`, and of `SearchResultData`. */
const RESULTS = 2;
const FIELDS_DATA = 3;
const GROUP_BY_FIELD_VALUE = 8;
const GROUP_BY_FIELD_VALUES = 17;

/** What all searches of one call share. */
export interface SearchCall {
  readonly order: queryNode.SearchTarget;
  readonly collection: CollectionSchema;
  /** IANA zone that times are shown in: the call's, else the collection's. */
  readonly timezone: string;
  readonly deps: SearchDeps;
  readonly snapshotTs: bigint;
  /** Whether the answer says when it was. */
  readonly isMomentAsked: boolean;
}

/** What a call has found, and what of it is asked for. */
export interface FoundHits {
  readonly hits: readonly Hit[][];
  readonly output: OutputPlan;
  readonly page?: { readonly token: string; readonly lastBound: number };
  readonly groupBy?: GroupBy | undefined;
  /** Whether elements of rows are the hits. */
  readonly isOfElements?: boolean;
  /** Fragments with marked words, of fields. */
  readonly highlights?: readonly common.HighlightResult[] | undefined;
  /** Of times; none: their texts. */
  readonly timeParts: readonly TimePart[];
}

const NO_OUTPUT: OutputPlan = { isCount: false, fields: [], structs: [], names: [], dynamicKeys: undefined };

/** A serialized `SearchResults`. @throws as `answerFields` */
export async function searchAnswer(call: SearchCall, answer: FoundHits): Promise<Buffer> {
  const { hits, output, groupBy } = answer;
  const all = hits.flat();
  const fields = fieldsReader(call, answer, all);
  const fieldsData: readonly Parts[] = await fields(output);
  const groups = await groupsOf(call, all, groupBy, fields);
  const results = joined(
    partsOf(schema.SearchResultData.encode(headOf(call, answer, all)).finish()),
    ...fieldsData.map((field) => bytesField(FIELDS_DATA, field)),
    ...groups.map((field) => bytesField(groupBy?.beside ? GROUP_BY_FIELD_VALUES : GROUP_BY_FIELD_VALUE, field)),
  );
  return resultsMessage(call, results);
}

/** Reads fields of all hits, in their order. */
type ReadFields = (plan: OutputPlan) => Promise<readonly Parts[]>;

function fieldsReader(call: SearchCall, { timeParts }: FoundHits, all: readonly Hit[]): ReadFields {
  const { order, collection, timezone, deps } = call;
  const { rows, sources } = deps;
  const picked = sources.pick(all);
  const about = { collection, text: rowsText(order, "", {}), times: { timezone, timeParts } };
  return (output) => answerFields({ ...about, output }, rows, sources.parts, picked, deps).catch(asOfSearch);
}

/** What hits are grouped by, a field for each. */
async function groupsOf(
  call: SearchCall,
  all: readonly Hit[],
  by: GroupBy | undefined,
  fields: ReadFields,
): Promise<readonly Parts[]> {
  if (!by) return [];
  if (by.path) return [await groupValues(call, all, by)];
  return fields({ ...NO_OUTPUT, fields: [by.field, ...(by.beside ?? [])] });
}

/** All of the answer but its fields, which are serialized already. */
function headOf({ collection, deps: { sources } }: SearchCall, answer: FoundHits, all: readonly Hit[]) {
  const { hits, output, page, isOfElements, highlights = [] } = answer;
  return schema.SearchResultData.fromPartial({
    numQueries: BigInt(hits.length),
    topK: BigInt(Math.max(0, ...hits.map(({ length }) => length))),
    scores: all.map(({ score }) => score),
    ids: idsOf(all, sources),
    topks: hits.map(({ length }) => BigInt(length)),
    outputFields: [...output.names],
    primaryFieldName: collection.fields[primaryKeyIndex(collection)].name,
    ...(page && { searchIteratorV2Results: page }),
    highlightResults: [...highlights],
    ...(isOfElements && { elementIndices: { data: elementsOf(all, sources) } }),
  });
}

/** A serialized `SearchResults`. @param results what was found */
export function resultsMessage({ order, isMomentAsked, snapshotTs }: SearchCall, results: Parts): Buffer {
  const head = milvus.SearchResults.fromPartial({
    ...{
      status: okStatus(),
      collectionName: order.collectionName,
      sessionTs: isMomentAsked ? sessionTimestamp(snapshotTs) : 0n,
    },
  });
  return toBuffer(joined(partsOf(milvus.SearchResults.encode(head).finish()), bytesField(RESULTS, results)));
}

/** Nodes that read rows do not know what for; Milvus names it. */
export function asOfSearch(error: unknown): never {
  if (!(error instanceof StatusError)) throw error;
  throw new StatusError(error.code, error.message.replace(/^query results exceed/, "search results exceed"));
}

function elementsOf(hits: readonly Hit[], sources: SearchSources): bigint[] {
  return hits.map(({ source, row }) => BigInt(sources.elementAt(source, row) ?? 0));
}

/** Of no hits, too, the kind of the keys is told. */
function idsOf(hits: readonly Hit[], sources: SearchSources): schema.IDs {
  const keys = hits.map(({ source, row }) => sources.keyAt(source, row));
  const idField = sources.isInteger
    ? ({ $case: "intId", value: { data: keys as bigint[] } } as const)
    : ({ $case: "strId", value: { data: keys as string[] } } as const);
  return schema.IDs.fromPartial({ idField });
}
