import type { Turns } from "@sluice/async";
import type { schema } from "@sluice/rpc";
import type { DataType } from "@sluice/schema";
import { compareScalars, type Scalar } from "../compare-scalars.ts";
import { ALL, type BucketMetric, type BucketOrder, type HitOrder, type Level, SCORE } from "./levels.ts";
import { metricValue } from "./metric-value.ts";

/** Hits that buckets are made of, by their positions from the best on. */
export interface AggregatedHits {
  readonly scores: readonly number[];
  /** By position of the field, the value of each hit. */
  readonly values: ReadonlyMap<number, readonly Scalar[]>;
  /** By position of the field. */
  readonly types: ReadonlyMap<number, DataType>;
}

/** Hits with the same values, and what was computed of them. */
export interface Bucket {
  /** Of each field of its level. */
  readonly key: readonly Scalar[];
  readonly count: number;
  readonly metrics: ReadonlyMap<string, schema.MetricValue>;
  /** Positions of those that are shown. */
  readonly hits: readonly number[];
  readonly inner: readonly Bucket[];
}

/** A bucket with all of its hits. */
interface Grouped {
  readonly key: readonly Scalar[];
  readonly hits: readonly number[];
  readonly metrics: ReadonlyMap<string, schema.MetricValue>;
}

/** The buckets of some hits. Source: Milvus, internal/proxy/search_agg/computer.go. @param hits positions, ascending */
export async function bucketsOf(
  hits: readonly number[],
  [level, ...inner]: readonly Level[],
  from: AggregatedHits,
  turns: Turns,
): Promise<Bucket[]> {
  const groups = await grouped(hits, level, from, turns);
  const all = groups.map((group) => ({ ...group, metrics: metricsOf(group.hits, level.metrics, from) }));
  if (level.order.length > 0) all.sort(compareBuckets(level.order));
  const buckets: Bucket[] = [];
  for (const group of all.slice(0, level.size)) {
    if (turns.isDue) await turns.next();
    buckets.push({
      ...{ key: group.key, count: group.hits.length, metrics: group.metrics },
      hits: shownHits(group.hits, level.topHits, from),
      inner: inner.length > 0 ? await bucketsOf(group.hits, inner, from, turns) : [],
    });
  }
  return buckets;
}

/** Buckets in the order of their best hits. */
async function grouped(
  hits: readonly number[],
  { fields }: Level,
  { values }: AggregatedHits,
  turns: Turns,
): Promise<Pick<Grouped, "key" | "hits">[]> {
  const groups = new Map<string, { key: readonly Scalar[]; hits: number[] }>();
  for (const hit of hits) {
    const key = fields.map((field) => valueAt(values, field, hit));
    const text = key.map(keyText).join("");
    const known = groups.get(text);
    if (known) known.hits.push(hit);
    else groups.set(text, { key, hits: [hit] });
    if (turns.isDue) await turns.next();
  }
  return [...groups.values()];
}

/** Equal for equal values of a field only, however they stand together. */
function keyText(value: Scalar): string {
  if (value === null) return "null ";
  const text = String(value);
  return `${text.length}:${text}`;
}

function valueAt(values: AggregatedHits["values"], field: number, hit: number): Scalar {
  return values.get(field)?.[hit] ?? null;
}

function metricsOf(
  hits: readonly number[],
  metrics: readonly BucketMetric[],
  { scores, values, types }: AggregatedHits,
): ReadonlyMap<string, schema.MetricValue> {
  const of = ({ op, of }: BucketMetric): schema.MetricValue => {
    if (of === ALL) return { value: { $case: "intVal", value: BigInt(hits.length) } };
    if (of === SCORE) return metricValue(op, hits.map((hit) => scores[hit]), undefined); // biome-ignore format: short
    return metricValue(op, hits.map((hit) => valueAt(values, of, hit)), types.get(of)); // biome-ignore format: short
  };
  return new Map(metrics.map((metric) => [metric.alias, of(metric)]));
}

function compareBuckets(order: readonly BucketOrder[]): (a: Grouped, b: Grouped) => number {
  return (a, b) => {
    for (const { by, descending, nullsFirst } of order) {
      const compared = comparedBy(by, a, b, { descending, nullsFirst });
      if (compared !== 0) return compared;
    }
    return 0;
  };
}

function comparedBy(
  by: BucketOrder["by"],
  a: Grouped,
  b: Grouped,
  way: Pick<BucketOrder, "descending" | "nullsFirst">,
): number {
  if (by === "_count") return compareScalars(a.hits.length, b.hits.length, way);
  if (by !== "_key") return compareScalars(figure(a, by.alias), figure(b, by.alias), way);
  const first = a.key.findIndex((value, i) => compareScalars(value, b.key[i], way) !== 0);
  return first < 0 ? 0 : compareScalars(a.key[first], b.key[first], way);
}

function figure({ metrics }: Grouped, alias: string): Scalar {
  return metrics.get(alias)?.value?.value ?? null;
}

/** Those that come first; equal ones are in the order of their scores already. */
function shownHits(hits: readonly number[], plan: Level["topHits"], from: AggregatedHits): readonly number[] {
  if (!plan) return [];
  const { size, sort } = plan;
  if (sort.length === 0) return hits.slice(0, size);
  const ordered = ({ of }: HitOrder, hit: number) => (of === SCORE ? from.scores[hit] : valueAt(from.values, of, hit));
  const compare = (a: number, b: number) => {
    for (const order of sort) {
      const compared = compareScalars(ordered(order, a), ordered(order, b), order);
      if (compared !== 0) return compared;
    }
    return 0;
  };
  return [...hits].sort(compare).slice(0, size);
}
