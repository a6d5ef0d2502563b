import type { FastifyRequest } from "fastify";
import type { Body } from "./body.ts";
import type { PublicCall } from "./public-call.ts";

/** What a route does: from its body to its `data`, by calls of Milvus's service. */
export type RestRoute = (body: Body, call: PublicCall, rest: FastifyRequest) => Promise<unknown>;

/** The answer of a call that gives nothing back. */
export async function empty(call: Promise<unknown>): Promise<object> {
  await call;
  return {};
}
