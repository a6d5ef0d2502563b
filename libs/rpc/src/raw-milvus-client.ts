import { type Client, makeGenericClientConstructor, type ServiceClientConstructor } from "@grpc/grpc-js";
import type { Unary } from "./client.ts";
import {
  type MilvusServiceClient,
  MilvusServiceService,
  type MutationResult,
  type QueryRequest,
} from "./gen/milvus.ts";

/** Of any Milvus, for who has rows by columns: rows are bytes as they come and go, since an object for each value costs more. */
export interface RawMilvusClient extends Omit<MilvusServiceClient, "query" | "insert" | keyof Client>, Client {
  query: Unary<QueryRequest, Uint8Array>;
  insert: Unary<Uint8Array, MutationResult>;
}

const service = {
  ...MilvusServiceService,
  query: { ...MilvusServiceService.query, responseDeserialize: (bytes: Buffer) => bytes },
  insert: { ...MilvusServiceService.insert, requestSerialize: (bytes: Buffer) => bytes },
};

/** Answers of `query` and requests of `insert` are bytes of their messages; all else is as generated. */
export const RawMilvusClient = makeGenericClientConstructor(
  service,
  "milvus.proto.milvus.MilvusService",
) as unknown as ServiceClientConstructor & (new (...args: ConstructorParameters<typeof Client>) => RawMilvusClient);
