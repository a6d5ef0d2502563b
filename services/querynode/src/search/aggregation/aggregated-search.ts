import type { OutputPlan } from "@sluice/query";
import type { milvus } from "@sluice/rpc";
import { type CollectionSchema, DataType, dataTypeName } from "@sluice/schema";
import { isGiven, isTrue } from "../../given.ts";
import { findHits } from "../find-hits.ts";
import { refuse } from "../metrics.ts";
import type { Search } from "../search.ts";
import type { SearchCall } from "../search-answer.ts";
import { paramsOf } from "../search-params.ts";
import { searchedStruct } from "../searched-elements.ts";
import { aggregatedAnswer } from "./aggregate-hits.ts";
import { type Aggregation, aggregationOf, checkEntries } from "./levels.ts";

/** Parameters that a search with buckets has not; the last words say what to do. */
const refusedParams: readonly (readonly [name: string, reason: string])[] = [
  ["group_by_field", "group_by_field and search_aggregation cannot be used simultaneously"],
  ["group_by_fields", "group_by_fields and search_aggregation cannot be used simultaneously"],
  ["order_by_fields", "order_by_fields is not supported with search_aggregation, whose order and sort are its own"],
  ["time_fields", "time_fields is not supported with search_aggregation: query the hits by their keys"],
];

/** What the buckets of a search are, and the request that finds their hits: its limit is theirs. @throws {StatusError} 1100 */
export function withAggregation(
  request: milvus.SearchRequest,
  { collection }: SearchCall,
  output: OutputPlan,
): { readonly aggregation: Aggregation; readonly request: milvus.SearchRequest } | undefined {
  const { searchAggregation: spec } = request;
  if (!spec) return undefined;
  refuseBeside(request);
  checkOutput(output, collection);
  const aggregation = aggregationOf(spec, collection);
  const others = request.searchParams.filter(({ key }) => !/^(topk|limit)$/.test(key));
  const searchParams = [...others, { key: "topk", value: String(aggregation.groups) }];
  return { aggregation, request: { ...request, searchParams } };
}

function refuseBeside(request: milvus.SearchRequest): void {
  const params = paramsOf(request);
  for (const [name, reason] of refusedParams) if (isGiven(params.get(name))) refuse(`${reason}: invalid parameter`);
  if (isTrue(params.get("iterator")))
    refuse("search iterator is not supported with search_aggregation: invalid parameter");
  if (!/^0*$/.test(params.get("offset") ?? ""))
    refuse("offset is not supported with search_aggregation: invalid parameter");
  if (request.highlighter)
    refuse("highlighter and search_aggregation cannot be used simultaneously: invalid parameter");
  if (request.functionChains.length > 0)
    refuse("function_chains and search_aggregation cannot be used simultaneously: invalid parameter");
  if ((request.functionScore?.functions.length ?? 0) > 0)
    refuse("a ranker is not supported with search_aggregation, whose hits count by their distance: invalid parameter");
}

/** Hits in buckets have single values. */
function checkOutput({ fields, structs }: OutputPlan, collection: CollectionSchema): void {
  const field = fields.map((position) => collection.fields[position]).find(({ dataType }) => !isShown(dataType));
  const name = field?.name ?? structs[0]?.name;
  if (name === undefined) return;
  const type = field ? dataTypeName(field.dataType) : "ArrayOfStruct";
  refuse(
    `output field ${name} of type ${type} is not shown in hits of search_aggregation: query them by their keys: invalid parameter`,
  );
}

const shownTypes: ReadonlySet<DataType> = new Set([
  ...[DataType.Bool, DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Float, DataType.Double],
  ...[DataType.VarChar, DataType.JSON, DataType.Timestamptz],
]);

function isShown(type: DataType): boolean {
  return shownTypes.has(type);
}

/** The answer with the buckets of a search. @throws {StatusError} 1100 */
export async function aggregatedSearch(
  search: Search,
  { aggregation, output }: { readonly aggregation: Aggregation; readonly output: OutputPlan },
  call: SearchCall,
): Promise<Buffer> {
  if (searchedStruct(search) !== undefined)
    refuse(
      "search_aggregation of elements of a struct array is not supported: search for lists by MAX_SIM, or group the elements in the client: invalid parameter",
    );
  checkEntries(aggregation, search.queries.count);
  const [field, ...beside] = aggregation.levels.flatMap(({ fields }) => fields);
  const { name } = call.collection.fields[field];
  const groupBy = { field, beside, name, size: aggregation.groupSize };
  const hits = await findHits({ ...search, params: { ...search.params, groupBy } }, call.deps);
  return aggregatedAnswer(call, { hits, metric: search.params.metric, output, aggregation });
}
