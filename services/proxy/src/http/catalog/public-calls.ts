import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus } from "@sluice/rpc";
import type { FastifyRequest } from "fastify";
import type { AnswerOf, AnyOperation, Method, Operations, RequestOf } from "../../operations.ts";

/** Calls of Milvus's service on behalf of a request of REST: with its database, and as its caller. */
export class PublicCalls {
  readonly #operations: Operations;

  constructor(operations: Operations) {
    this.#operations = operations;
  }

  /** The answer. @throws {StatusError} what its Status says; {AccessRefused} when the caller may not */
  async call<M extends Method>(rest: FastifyRequest, method: M, request: RequestOf<M>): Promise<AnswerOf<M>> {
    const operation = this.#operations[method] as AnyOperation | undefined;
    if (!operation) throw new StatusError(statusCodes.unimplemented, `${method} is not supported by this server`);
    const answer = (await operation(request as object, rest.call)) as AnswerOf<M>;
    if (answer instanceof Uint8Array) return answer;
    const { status = answer } = answer as { status?: object };
    checkStatus(status as Parameters<typeof checkStatus>[0]);
    return answer;
  }
}
