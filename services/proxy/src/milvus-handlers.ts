import type { Handlers, milvus } from "@sluice/rpc";

/** Of the public service, as far as they are there. */
export type MilvusHandlers = Partial<Handlers<milvus.MilvusServiceServer>>;
