import { type Client, makeGenericClientConstructor } from "@grpc/grpc-js";
import type { Unary } from "./client.ts";
import { QueryResults } from "./gen/milvus.ts";
import { QueryNodeService, type QueryOrder } from "./gen/query_node.ts";

/** Failures are smaller than this, and are read; what is larger is an answer. */
const MAX_READ_BYTES = 1 << 16;

/** Of a querynode, for who hands its answers on: large ones stay as they came, since to read and write them again takes a second. */
export interface PassingQueryClient extends Client {
  query: Unary<QueryOrder, QueryResults | Uint8Array>;
}

const service = {
  query: {
    ...QueryNodeService.query,
    responseDeserialize: (bytes: Buffer) => (bytes.length > MAX_READ_BYTES ? bytes : QueryResults.decode(bytes)),
  },
};

export const PassingQueryClient = makeGenericClientConstructor(service, "sluice.v1.QueryNode") as unknown as new (
  ...args: ConstructorParameters<typeof Client>
) => PassingQueryClient;
