import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type common, milvus } from "@sluice/rpc";
import type { CallContext } from "../../call-context.ts";
import type { AnswerOf, AnyOperation, Method, Operations, RequestOf } from "../../operations/operations.ts";

/**
 * Calls Milvus's service on behalf of a request of REST: for its database, and as its caller. What is left out of the message is empty.
 * @throws {StatusError} what the answer's Status says; {AccessRefused} when the caller may not
 * @example (await call("listAliases", { collectionName: "books" })).aliases
 */
export type PublicCall = <M extends Method>(method: M, request?: Partial<RequestOf<M>>) => Promise<AnswerOf<M>>;

/** The calls of a request, which gets the warnings of their answers. */
export type CallOf = (request: { readonly call: CallContext; warnings?: string[] }) => PublicCall;

export function publicCalls(operations: Operations): CallOf {
  return (rest) =>
    async <M extends Method>(method: M, request?: Partial<RequestOf<M>>) => {
      const operation = operations[method] as AnyOperation | undefined;
      if (!operation) throw new StatusError(statusCodes.unimplemented, `${method} is not supported by this server`);
      const empty: object = milvus.MilvusServiceService[method].requestDeserialize(Buffer.alloc(0));
      const answer = (await operation({ ...empty, ...request }, rest.call)) as AnswerOf<M>;
      if (answer instanceof Uint8Array) return answer;
      const { status = answer } = answer as { status?: common.Status };
      checkStatus(status as common.Status);
      const { warnings } = (status as Partial<common.Status>).extraInfo ?? {};
      if (warnings) rest.warnings = [...(rest.warnings ?? []), warnings];
      return answer;
    };
}
