import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type common, milvus, statusIn } from "@sluice/rpc";
import { checkMethod, type GuardDeps } from "../../access/guarded-calls.ts";
import { type CallContext, databaseOf } from "../../call-context.ts";
import type { AnswerOf, AnyOperation, AnyRequest, Method, Operations, RequestOf } from "../../operations/operations.ts";
import { warn } from "../routes/check-members.ts";

/**
 * Calls Milvus's service on behalf of a request of REST: for its database, and as its caller. What is left out of the message is empty.
 * @throws {StatusError} what the answer's Status says; {AccessRefused} when the caller may not
 * @example (await call("listAliases", { collectionName: "books" })).aliases
 */
export interface PublicCall {
  <M extends Method>(method: M, request?: Partial<RequestOf<M>>): Promise<AnswerOf<M>>;
  /** For routes that make several calls: asked before the first of them, nothing is left half done. @throws {AccessRefused} */
  mayCall(methods: readonly Method[], request: AnyRequest): Promise<void>;
}

/** The calls of a request, which gets the warnings of their answers. */
export type CallOf = (request: { readonly call: CallContext; warnings?: string[] }) => PublicCall;

/**
 * Operations as routes call them: members that a request lacks have their empty value, warnings are gathered.
 * @param guards asked who may call what; undefined where nobody is asked @throws {StatusError} what an answer refuses
 */
export function publicCalls(operations: Operations, guards?: GuardDeps): CallOf {
  return (rest) => {
    const mayCall: PublicCall["mayCall"] = async (methods, request) => {
      const { call } = rest;
      if (!guards || !call.caller) return;
      for (const method of methods) await checkMethod(method, request, databaseOf(request, call), call.caller, guards);
    };
    const call = async <M extends Method>(method: M, request?: Partial<RequestOf<M>>) => {
      const operation = operations[method] as AnyOperation | undefined;
      if (!operation) throw new StatusError(statusCodes.unimplemented, `${method} is not supported by this server`);
      const empty: object = milvus.MilvusServiceService[method].requestDeserialize(Buffer.alloc(0));
      const answer = (await operation({ ...empty, ...request }, rest.call)) as AnswerOf<M>;
      if (answer instanceof Uint8Array) return answer;
      const status = statusIn(answer);
      checkStatus(status);
      const { warnings } = (status as Partial<common.Status>).extraInfo ?? {};
      warn(rest, warnings);
      return answer;
    };
    return Object.assign(call, { mayCall });
  };
}
