import type { FastifyRequest } from "fastify";
import type { Body } from "./body.ts";
import type { PublicCalls } from "./public-calls.ts";

/** What a route does: from its body to its `data`, by calls of the public service. */
export type RestRoute = (body: Body, calls: PublicCalls, rest: FastifyRequest) => Promise<unknown>;
