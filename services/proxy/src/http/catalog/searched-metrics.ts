import { excerpt } from "@sluice/errors";
import type { schema } from "@sluice/rpc";
import type { Body } from "./body.ts";
import { pairValue } from "./collection-json.ts";
import { indexesOf, type named } from "./collection-routes.ts";
import type { PublicCall } from "./public-call.ts";
import { paramsIn, searchedName } from "./search-in-body.ts";

/** What a search is asked of, and its request, which gets the warnings. */
export interface AskedSearch {
  readonly about: ReturnType<typeof named>;
  readonly call: PublicCall;
  readonly rest: { warnings?: string[] };
}

/**
 * As in Milvus, `metricType` does not count beside the index's metric; what is compared with that is `metric_type`. Who names another
 * one is told so, since the hits are by the index's. A field without an index, which Milvus does not search, is searched by what is
 * named. Source: query-and-search §5.4.
 * @returns for each body the metric that it names and that counts; empty = none
 */
export async function searchedMetrics(
  bodies: readonly Body[],
  collection: schema.CollectionSchema,
  { about, call, rest }: AskedSearch,
): Promise<readonly string[]> {
  const named = bodies.map((body) => ({ metric: metricIn(body), field: searchedName(body, collection) }));
  if (named.every(({ metric }) => metric === "")) return named.map(() => "");
  const indexes = await indexesOf(about, call);
  return named.map(({ metric, field }) => {
    const index = indexes.find(({ fieldName }) => fieldName === field);
    const own = (index && pairValue(index.params, "metric_type")) ?? "";
    if (own === "" || metric === "") return metric;
    if (own.toUpperCase() !== metric.toUpperCase())
      rest.warnings = [...(rest.warnings ?? []), noEffect(metric, field, own)];
    return "";
  });
}

function noEffect(metric: string, field: string, own: string): string {
  return `metricType ${excerpt(metric)} has no effect: the index of ${field} is by ${own}, and so are the hits`;
}

function metricIn(body: Body): string {
  return String(paramsIn(body).metricType ?? body.raw("metricType") ?? "");
}
