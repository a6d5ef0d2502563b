import { excerpt } from "@sluice/errors";
import { common, type milvus } from "@sluice/rpc";
import type { CollectionSchema } from "@sluice/schema";
import { refuse } from "./metrics.ts";
import { checkTextBytes } from "./query-texts.ts";
import type { SearchParams } from "./search-params.ts";
import { textOfTerms } from "./terms.ts";

/** How words are marked that a search found. Lengths are in characters, of Unicode. */
export interface Highlighting {
  readonly preTags: readonly string[];
  readonly postTags: readonly string[];
  /** How far before its first word a fragment begins. */
  readonly fragmentOffset: number;
  readonly fragmentSize: number;
  readonly maxFragments: number;
  readonly targets: readonly HighlightTarget[];
}

/** A field, and the texts whose words are marked in it. */
export interface HighlightTarget {
  readonly field: number;
  /** In the hits of all queries. */
  readonly texts: readonly string[];
  /** In the hits of each query; none: the search's own texts are not looked for. */
  readonly searchTexts: readonly string[];
  /** Of the analyzer of all these texts, where the field has several. */
  readonly analyzerName: string;
}

/**
 * What a lexical highlighter asks for; undefined where the search has none, or one that names no words.
 * Source: Milvus, internal/proxy/highlighter.go.
 * @throws {StatusError} 1100, in Milvus's words
 */
export function highlightingOf(
  request: milvus.SearchRequest,
  search: SearchParams,
  collection: CollectionSchema,
): Highlighting | undefined {
  const { highlighter } = request;
  if (!highlighter) return undefined;
  if (highlighter.type !== common.HighlightType.Lexical)
    refuse(
      "a semantic highlighter is not supported by this server, which has no model: mark words by a LexicalHighlighter, or passages in the client: invalid parameter",
    );
  const params = new Map(highlighter.params.map(({ key, value }) => [key, value]));
  const shape = {
    preTags: tagsOf(params, "pre_tags", "array", "<em>"),
    postTags: tagsOf(params, "post_tags", "list", "</em>"),
    fragmentSize: countOf(params, "fragment_size", 100, 1),
    maxFragments: countOf(params, "num_of_fragments", 5, 0),
    fragmentOffset: countOf(params, "fragment_offset", 0, 0),
  };
  const ofSearch = isSearchTextMarked(params) ? [searchTextsIn(request, search, collection)] : [];
  const targets = withQueries(ofSearch, queriesOf(params.get("highlight_query")), search, collection);
  return targets.length > 0 ? { ...shape, targets } : undefined;
}

type Params = ReadonlyMap<string, string>;

/** @param kind as Milvus calls it */
function tagsOf(params: Params, name: string, kind: string, otherwise: string): readonly string[] {
  const text = params.get(name);
  if (text === undefined) return [otherwise];
  const tags = jsonOf(text);
  if (!Array.isArray(tags) || !tags.every((tag): tag is string => typeof tag === "string"))
    return refuse(
      `unmarshal ${name} as string ${kind} failed: expected texts in JSON, got ${excerpt(text)}: invalid parameter`,
    );
  if (tags.length === 0) refuse(`${name} cannot be empty list: invalid parameter`);
  return tags;
}

function countOf(params: Params, name: string, otherwise: number, least: number): number {
  const text = params.get(name);
  if (text === undefined) return otherwise;
  const count = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least) return count;
  return refuse(`invalid ${name}: ${excerpt(text)}: invalid parameter`);
}

function isSearchTextMarked(params: Params): boolean {
  const text = params.get("highlight_search_text") ?? "false";
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  return refuse(
    `unmarshal highlight_search_text as bool failed: expected true or false, got ${excerpt(text)}: invalid parameter`,
  );
}

/** The words that the search looks for. */
function searchTextsIn(
  { searchInput }: milvus.SearchRequest,
  { metric, field, analyzerName }: SearchParams,
  collection: CollectionSchema,
): HighlightTarget {
  const textField = textOfTerms(collection, collection.fields[field]);
  if (metric !== "BM25" || !textField)
    return refuse(`Search highlight only support with metric type "BM25" but was: ${metric}: invalid parameter`);
  if (searchInput?.$case !== "placeholderGroup")
    return refuse("please provide varchar/text for BM25 Function based search: invalid parameter");
  const [placeholder] = common.PlaceholderGroup.decode(searchInput.value).placeholders;
  const searchTexts = placeholder.values.map((text) => Buffer.from(text).toString("utf8"));
  return { field: collection.fields.indexOf(textField), texts: [], searchTexts, analyzerName };
}

/** A text to mark, as the client names it. */
interface HighlightQuery {
  readonly field: string;
  readonly text: string;
}

function queriesOf(json: string | undefined): readonly HighlightQuery[] {
  if (json === undefined) return [];
  const queries = jsonOf(json);
  if (!Array.isArray(queries))
    return refuse(
      `unmarshal highlight queries as json array failed: expected an array, got ${excerpt(json)}: invalid parameter`,
    );
  const found = queries.map(queryOf);
  checkTextBytes(found.map(({ text }) => Buffer.from(text)));
  return found;
}

function queryOf(query: unknown): HighlightQuery {
  if (typeof query !== "object" || query === null || Array.isArray(query))
    return refuseQuery("item in array is not json object");
  const text = textIn(query, "text");
  const type = textIn(query, "type");
  if (type !== "TextMatch") refuse(`invalid highlight query type: ${excerpt(type)}: invalid parameter`);
  return { text, field: textIn(query, "field") };
}

function textIn(query: object, name: string): string {
  const value = (query as Record<string, unknown>)[name];
  if (value === undefined) return refuseQuery(`must set \`${name}\` in query`);
  return typeof value === "string" ? value : refuseQuery(`\`${name}\` must be string`);
}

function refuseQuery(reason: string): never {
  return refuse(`unmarshal highlight queries failed: ${reason}: invalid parameter`);
}

/** All texts of a field are marked together. */
function withQueries(
  ofSearch: readonly HighlightTarget[],
  queries: readonly HighlightQuery[],
  { analyzerName }: SearchParams,
  collection: CollectionSchema,
): HighlightTarget[] {
  const texts = new Map<number, string[]>(ofSearch.map(({ field }) => [field, []]));
  for (const { field: name, text } of queries) {
    const field = analyzedField(name, collection);
    const ofField = texts.get(field);
    if (ofField) ofField.push(text);
    else texts.set(field, [text]);
  }
  const searched = new Map(ofSearch.map(({ field, searchTexts }) => [field, searchTexts]));
  return Array.from(texts, ([field, ofField]) => ({
    ...{ field, texts: ofField, searchTexts: searched.get(field) ?? [], analyzerName },
  }));
}

function analyzedField(name: string, { fields }: CollectionSchema): number {
  const field = fields.findIndex((candidate) => candidate.name === name);
  if (field < 0) refuse(`highlight field not found in schema: ${excerpt(name)}: invalid parameter`);
  const { fieldId, typeParams } = fields[field];
  if (typeParams.enable_analyzer?.toLowerCase() !== "true")
    refuse(
      `get highlight failed, the highlight field not found, ${name}:${fieldId}: words are marked in texts with enable_analyzer: invalid parameter`,
    );
  return field;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
