import { type Column, isNull, type VarColumn, varValue } from "@sluice/columns";
import { analyzerOf, analyzerParamsOf, multiAnalyzerOf, tokensOf } from "@sluice/functions";
import type { common } from "@sluice/rpc";
import type { CollectionSchema, FieldSchema } from "@sluice/schema";
import { MAX_ANSWER_BYTES } from "../answer-fields.ts";
import { AnswerBudget } from "../segment-rows.ts";
import { fragmentsOf } from "./fragments.ts";
import type { Highlighting, HighlightTarget } from "./highlight-params.ts";
import type { SearchCall } from "./search-answer.ts";
import type { Hit } from "./top-hits.ts";
import { columnsOfHits } from "./values-of-hits.ts";

/** Fragments of all hits, field by field. @param hits of each query @throws {StatusError} 1100 when they are more than an answer holds */
export async function highlighted(
  hits: readonly Hit[][],
  how: Highlighting,
  call: SearchCall,
): Promise<common.HighlightResult[]> {
  const budget = new AnswerBudget(MAX_ANSWER_BYTES);
  const results: common.HighlightResult[] = [];
  for (const target of how.targets) results.push(await ofField(hits, target, { how, budget, call }));
  return results;
}

interface Marking {
  readonly how: Highlighting;
  readonly budget: AnswerBudget;
  readonly call: SearchCall;
}

async function ofField(
  hits: readonly Hit[][],
  target: HighlightTarget,
  { how, budget, call: { collection, order, deps } }: Marking,
): Promise<common.HighlightResult> {
  const field = collection.fields[target.field];
  const naming = namingField(field, collection);
  const read = naming ? [field, naming] : [field];
  const taken = new AnswerBudget(MAX_ANSWER_BYTES);
  const { columns, rows } = await columnsOfHits(hits.flat(), read, order.schema, deps, taken);
  const paramsOf = analyzerParamsOf(field.typeParams);
  const textAt = (column: readonly Column[] | undefined, hit: number) =>
    column && textOf(column[rows.sourceOf[hit]], rows.rowOf[hit]);
  const markedIn = markedWords(target, paramsOf(target.analyzerName));
  const datas: common.HighlightData[] = [];
  for (const [query, ofQuery] of hits.entries()) {
    const isMarked = markedIn(query);
    for (const _ of ofQuery) {
      const text = textAt(columns[0], datas.length);
      const analyzer = analyzerOf(paramsOf(textAt(columns[1], datas.length) ?? ""));
      datas.push({ fragments: text ? fragmentsOf(text, isMarked, { analyzer, how, budget }) : [], scores: [] });
      if (deps.turns.isDue) await deps.turns.next();
    }
  }
  return { fieldName: field.name, datas };
}

/** The field that names the analyzer of each row, if one does. */
function namingField({ typeParams }: FieldSchema, { fields }: CollectionSchema): FieldSchema | undefined {
  const { multi_analyzer_params: several } = typeParams;
  if (several === undefined) return undefined;
  const { byField } = multiAnalyzerOf(several);
  return fields.find(({ name }) => name === byField);
}

function textOf(column: Column, row: number): string | undefined {
  return isNull(column, row) ? undefined : Buffer.from(varValue(column as VarColumn, row)).toString("utf8");
}

/** Which words are marked in the hits of a query. */
function markedWords(target: HighlightTarget, params: string): (query: number) => (word: string) => boolean {
  const analyzer = analyzerOf(params);
  const wordsOf = (texts: readonly string[]) =>
    new Set(texts.flatMap((text) => tokensOf(analyzer, text).map((token) => token.text)));
  const ofAll = wordsOf(target.texts);
  return (query) => {
    const ofQuery = wordsOf(target.searchTexts.slice(query, query + 1));
    return (word) => ofAll.has(word) || ofQuery.has(word);
  };
}
