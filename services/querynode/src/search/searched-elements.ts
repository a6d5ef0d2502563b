import type { milvus } from "@sluice/rpc";
import { DataType, structNameOf } from "@sluice/schema";
import { isTrue } from "../given.ts";
import { refuse } from "./metrics.ts";
import type { Search } from "./search.ts";
import { paramsOf } from "./search-params.ts";

type Searched = Pick<Search, "filter" | "params" | "queries">;

/** The struct array whose elements are the hits, where plain vectors are searched for in lists of them; undefined: rows are. */
export function searchedStruct({ filter: { collection }, params: { field }, queries }: Searched): string | undefined {
  const { dataType, name } = collection.fields[field];
  return dataType === DataType.ArrayOfVector && queries.kind !== "lists" ? structNameOf(name) : undefined;
}

/** @throws {StatusError} 1100 for what one search has no use for */
export function refuseScope(request: milvus.SearchRequest): void {
  if (paramsOf(request).has("element_scope"))
    refuse(
      "element_scope is for hybrid searches: of one search group hits by the primary key (group_by_field): invalid parameter",
    );
}

/** @throws {StatusError} 1100 for an `element_filter` of other elements, and a first iterator, which knows hits by their keys alone */
export function checkElements(request: milvus.SearchRequest, search: Searched): void {
  const struct = searchedStruct(search);
  const { elements } = search.filter.filter;
  if (elements && elements.struct !== struct)
    refuse(
      "element_filter is only supported for element-level search on vector sub-fields of the same struct array; use MATCH_ANY/MATCH_* for row-level vector search: invalid parameter",
    );
  if (struct !== undefined && !search.params.iterator && isTrue(paramsOf(request).get("iterator")))
    refuse(
      "legacy search iterator is not supported for element-level search; use search iterator v2: invalid parameter",
    );
}
