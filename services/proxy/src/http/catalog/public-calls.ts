import { EventEmitter } from "node:events";
import { StatusError } from "@sluice/errors";
import { checkStatus, type Handlers, type milvus } from "@sluice/rpc";
import type { FastifyRequest } from "fastify";
import { asGrpcHeader, restCredentials } from "../../access/credentials.ts";

type MilvusHandlers = Handlers<milvus.MilvusServiceServer>;
type Method = keyof MilvusHandlers;
type RequestOf<M extends Method> = Parameters<MilvusHandlers[M]>[0];
type AnswerOf<M extends Method> = Awaited<ReturnType<MilvusHandlers[M]>>;

/** Calls of the public service on behalf of a request of REST: with its database, and as its caller. */
export class PublicCalls {
  readonly #handlers: Partial<MilvusHandlers>;

  constructor(handlers: Partial<MilvusHandlers>) {
    this.#handlers = handlers;
  }

  /** The answer. @throws {StatusError} what its Status says; {GrpcError} when the caller may not */
  async call<M extends Method>(rest: FastifyRequest, method: M, request: RequestOf<M>): Promise<AnswerOf<M>> {
    const handler = this.#handlers[method] as
      | ((request: RequestOf<M>, call: never) => Promise<AnswerOf<M>>)
      | undefined;
    if (!handler) throw new StatusError(10, `${method} is not supported by this server`);
    const answer = await withCallOf(rest, async (call) => handler(request, call as never));
    if (answer instanceof Uint8Array) return answer;
    const { status = answer } = answer as { status?: object };
    checkStatus(status as Parameters<typeof checkStatus>[0]);
    return answer;
  }
}

/** Runs with what handlers ask of a call of gRPC; the connection, which lives on, is listened to for so long. */
async function withCallOf<T>(rest: FastifyRequest, run: (call: object) => Promise<T>): Promise<T> {
  const dbName = String(rest.headers["db-name"] ?? "");
  const call = Object.assign(new EventEmitter(), {
    cancelled: false,
    metadata: { get: (key: string) => headerOf(key, dbName, rest) },
  });
  const { socket } = rest.raw;
  const onClose = () => {
    call.cancelled = true;
    call.emit("cancelled");
  };
  socket.once("close", onClose);
  try {
    return await run(call);
  } finally {
    socket.off("close", onClose);
  }
}

/** Callers of gRPC say who they are in base64. Where nobody is asked, REST knows no caller either. */
function headerOf(key: string, dbName: string, { caller, headers }: FastifyRequest): string[] {
  if (key === "dbname") return dbName ? [dbName] : [];
  if (key !== "authorization" || !caller) return [];
  return [asGrpcHeader(restCredentials(headers.authorization))];
}
