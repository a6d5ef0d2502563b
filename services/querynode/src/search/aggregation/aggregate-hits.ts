import { partsOf } from "@sluice/fields";
import type { OutputPlan } from "@sluice/query";
import { schema } from "@sluice/rpc";
import { fieldsOfHits, scalarsOfHits, shownValues } from "../hit-values.ts";
import { isDistance, type Metric } from "../metrics.ts";
import { resultsMessage, type SearchCall } from "../search-answer.ts";
import type { Hit } from "../top-hits.ts";
import { type AggregatedHits, type Bucket, bucketsOf } from "./buckets.ts";
import { type Aggregation, ALL, type Level, SCORE } from "./levels.ts";

/** The hits of a search, and what is made of them. */
export interface HitsToAggregate {
  /** Of each query. */
  readonly hits: readonly Hit[][];
  readonly metric: Metric;
  readonly output: OutputPlan;
  readonly aggregation: Aggregation;
}

/** A serialized `SearchResults` with buckets in the place of hits. @throws {StatusError} 1100 when they are more than an answer holds */
export async function aggregatedAnswer(call: SearchCall, asked: HitsToAggregate): Promise<Buffer> {
  const { collection, deps } = call;
  const { levels } = asked.aggregation;
  const byQuery = asked.hits.map((hits) => bestFirst(hits, asked.metric, call));
  const hits = byQuery.flat();
  const fields = fieldsOfLevels(levels);
  const from: AggregatedHits = {
    scores: hits.map(({ score }) => Math.fround(score)),
    values: await scalarsOfHits(hits, fields, call),
    types: new Map(fields.map((field) => [field, collection.fields[field].dataType])),
  };
  const buckets: Bucket[][] = [];
  let start = 0;
  for (const { length } of byQuery) {
    const ofQuery = Array.from({ length }, (_, i) => start + i);
    buckets.push(await bucketsOf(ofQuery, levels, from, deps.turns));
    start += length;
  }
  const shown = await shownOf(buckets.flat(), hits, asked.output, call);
  const data = schema.SearchResultData.fromPartial({
    numQueries: BigInt(byQuery.length),
    topks: byQuery.map(() => 0n),
    outputFields: [...asked.output.names],
    aggBuckets: buckets.flat().map((bucket) => messageOf(bucket, levels, call, shown)),
    aggTopks: buckets.map(({ length }) => BigInt(length)),
  });
  return resultsMessage(call, partsOf(schema.SearchResultData.encode(data).finish()));
}

/** Members of groups stand together before. */
function bestFirst(hits: readonly Hit[], metric: Metric, { deps: { sources } }: SearchCall): Hit[] {
  const sign = isDistance(metric) ? 1 : -1;
  return [...hits].sort((a, b) => sign * (a.score - b.score) || sources.compareKeys(a.source, a.row, b.source, b.row));
}

/** All that keys, figures and orders are made of, each once. */
function fieldsOfLevels(levels: readonly Level[]): readonly number[] {
  const all = levels.flatMap(({ fields, metrics, topHits }) => [
    ...fields,
    ...metrics.map(({ of }) => of),
    ...(topHits?.sort ?? []).map(({ of }) => of),
  ]);
  return [...new Set(all)].filter((of): of is number => of !== SCORE && of !== ALL);
}

/** Hits as buckets show them, by their positions. */
async function shownOf(
  buckets: readonly Bucket[],
  hits: readonly Hit[],
  output: OutputPlan,
  call: SearchCall,
): Promise<ReadonlyMap<number, schema.AggHit>> {
  const { sources } = call.deps;
  const positions = [...new Set(positionsIn(buckets))];
  const picked = positions.map((position) => hits[position]);
  const fields = await fieldsOfHits(picked, output, call);
  const columns = fields.map((field) => ({ field, values: shownValues(field) }));
  const messages = picked.map(({ source, row, score }, i) => {
    const key = sources.keyAt(source, row);
    const values = columns.map(({ field: { fieldId, fieldName }, values }) => ({
      fieldId,
      fieldName,
      value: values[i],
    }));
    return schema.AggHit.fromPartial({
      pk: typeof key === "bigint" ? { $case: "intPk", value: key } : { $case: "strPk", value: key },
      score,
      fields: values.filter(({ value }) => value !== undefined),
    });
  });
  return new Map(positions.map((position, i) => [position, messages[i]]));
}

function positionsIn(buckets: readonly Bucket[]): number[] {
  return buckets.flatMap(({ hits, inner }) => [...hits, ...positionsIn(inner)]);
}

function messageOf(
  { key, count, metrics, hits, inner }: Bucket,
  [{ fields }, ...levels]: readonly Level[],
  call: SearchCall,
  shown: ReadonlyMap<number, schema.AggHit>,
): schema.AggBucket {
  return schema.AggBucket.fromPartial({
    key: fields.map((field, i) => {
      const { fieldId, name } = call.collection.fields[field];
      return { fieldId: BigInt(fieldId), fieldName: name, value: keyValue(key[i]) };
    }),
    count: BigInt(count),
    metrics: Object.fromEntries(metrics),
    hits: hits.map((hit) => shown.get(hit) as schema.AggHit),
    subGroups: inner.map((bucket) => messageOf(bucket, levels, call, shown)),
  });
}

/** None where it is null. */
function keyValue(value: Bucket["key"][number]): schema.BucketKeyEntry["value"] {
  if (value === null) return undefined;
  if (typeof value === "string") return { $case: "stringVal", value };
  return typeof value === "boolean" ? { $case: "boolVal", value } : { $case: "intVal", value: BigInt(value) };
}
