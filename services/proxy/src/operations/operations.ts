import type { Handlers, milvus } from "@sluice/rpc";
import type { CallContext } from "../call-context.ts";

type Methods = Handlers<milvus.MilvusServiceServer>;
/** Names of the methods of Milvus's service. */
export type Method = keyof Methods;
/** What a method is asked, as the program has it. */
export type RequestOf<M extends Method> = Parameters<Methods[M]>[0];
/** What a method answers. */
export type AnswerOf<M extends Method> = Awaited<ReturnType<Methods[M]>>;

/** What is done for a call of each method of Milvus's service, as far as it is there; by gRPC and REST alike. */
export type Operations = {
  readonly [M in Method]?: (request: RequestOf<M>, call: CallContext) => Promise<AnswerOf<M>> | AnswerOf<M>;
};

/** Members of requests that interceptors look at. */
export interface AnyRequest {
  readonly dbName?: string;
  readonly collectionName?: string;
  readonly collectionId?: bigint;
  readonly collectionID?: bigint;
  readonly task?: bigint;
  readonly username?: string;
  readonly roleName?: string;
  readonly user?: { readonly name: string };
  readonly options?: readonly { readonly key: string; readonly value: string }[];
  readonly entity?: { readonly name?: string; readonly role?: { readonly name: string }; readonly grantor?: Grantor };
  readonly role?: { readonly name: string };
  readonly groupName?: string;
  readonly alias?: string;
  readonly oldName?: string;
  readonly grantor?: Grantor;
  /** Of what is granted and revoked: 0 and 1. */
  readonly type?: number;
}

interface Grantor {
  readonly privilege?: { readonly name: string };
}

/** An operation whose method is not known, as interceptors see it. */
export type AnyOperation = (request: AnyRequest, call: CallContext) => Promise<object> | object;

/** What sees each call between the door and what is done for it. It is applied to a method once, so that a call makes nothing. */
export type Interceptor = (next: AnyOperation, method: string) => AnyOperation;

/**
 * @param interceptors the first sees a call first, and its answer last
 * @example intercepted(operations, [audited(log), identified(access), limited(rates)])
 */
export function intercepted(operations: Operations, interceptors: readonly Interceptor[]): Operations {
  const all = Object.entries(operations as Readonly<Record<string, AnyOperation>>).map(([method, operation]) => [
    method,
    interceptors.reduceRight((next, interceptor) => interceptor(next, method), operation),
  ]);
  return Object.fromEntries(all) as Operations;
}
