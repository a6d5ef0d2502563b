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
 * As in Milvus, `metricType` is not read: what is compared with the index is `metric_type`. Who names another metric than the
 * index's is told so, since the hits are by that one. Source: query-and-search §5.4.
 */
export async function warnOfMetrics(
  bodies: readonly Body[],
  collection: schema.CollectionSchema,
  { about, call, rest }: AskedSearch,
): Promise<void> {
  const named = bodies.map((body) => ({ metric: metricIn(body), field: searchedName(body, collection) }));
  if (named.every(({ metric }) => metric === "")) return;
  const indexes = await indexesOf(about, call);
  for (const { metric, field } of named) {
    const index = indexes.find(({ fieldName }) => fieldName === field);
    const own = index && pairValue(index.params, "metric_type");
    if (metric === "" || !own || own.toUpperCase() === metric.toUpperCase()) continue;
    const warning = `metricType ${excerpt(metric)} has no effect: the index of ${field} is by ${own}, and so are the hits`;
    rest.warnings = [...(rest.warnings ?? []), warning];
  }
}

function metricIn(body: Body): string {
  return String(paramsIn(body).metricType ?? body.raw("metricType") ?? "");
}
