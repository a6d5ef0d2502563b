import { type Client, makeGenericClientConstructor, type ServiceClientConstructor } from "@grpc/grpc-js";
import type { Unary } from "./client.ts";
import { QueryResults, SearchResults } from "./gen/milvus.ts";
import {
  type GetSharesRequest,
  type GetSharesResponse,
  type HybridSearchOrder,
  QueryNodeService,
  type QueryOrder,
  type SearchOrder,
} from "./gen/query_node.ts";

/** Failures are smaller than this, and are read; what is larger is an answer. */
const MAX_READ_BYTES = 1 << 16;

/** Of a querynode, for who hands its answers on: large ones stay as they came, since to read and write them again takes a second. */
export interface PassingQueryClient extends Client {
  query: Unary<QueryOrder, QueryResults | Uint8Array>;
  search: Unary<SearchOrder, SearchResults | Uint8Array>;
  hybridSearch: Unary<HybridSearchOrder, SearchResults | Uint8Array>;
  getShares: Unary<GetSharesRequest, GetSharesResponse>;
}

/** Reads a small answer only. */
function passing<T>(message: { decode(bytes: Buffer): T }) {
  return { responseDeserialize: (bytes: Buffer) => (bytes.length > MAX_READ_BYTES ? bytes : message.decode(bytes)) };
}

const service = {
  query: { ...QueryNodeService.query, ...passing(QueryResults) },
  search: { ...QueryNodeService.search, ...passing(SearchResults) },
  hybridSearch: { ...QueryNodeService.hybridSearch, ...passing(SearchResults) },
  getShares: QueryNodeService.getShares,
};

/** Answers above 64 KiB come as their bytes; smaller ones are read, failures among them. */
export const PassingQueryClient = makeGenericClientConstructor(
  service,
  "sluice.v1.QueryNode",
) as unknown as ServiceClientConstructor & (new (...args: ConstructorParameters<typeof Client>) => PassingQueryClient);
