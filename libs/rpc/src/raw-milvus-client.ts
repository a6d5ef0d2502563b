import { type Client, makeGenericClientConstructor } from "@grpc/grpc-js";
import type { Unary } from "./client.ts";
import { type MilvusServiceClient, MilvusServiceService, type QueryRequest } from "./gen/milvus.ts";

/** Of any Milvus, for who makes columns of answers: rows stay the bytes that they came as, since an object for each value costs more. */
export interface RawMilvusClient extends Omit<MilvusServiceClient, "query" | keyof Client>, Client {
  query: Unary<QueryRequest, Uint8Array>;
}

const service = {
  ...MilvusServiceService,
  query: { ...MilvusServiceService.query, responseDeserialize: (bytes: Buffer) => bytes },
};

export const RawMilvusClient = makeGenericClientConstructor(
  service,
  "milvus.proto.milvus.MilvusService",
) as unknown as new (
  ...args: ConstructorParameters<typeof Client>
) => RawMilvusClient;
