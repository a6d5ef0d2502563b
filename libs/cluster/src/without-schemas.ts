import type { FastifyServerOptions } from "fastify";

function unasked(): never {
  throw new Error("no route of ours has a schema of Fastify's");
}

/** For Fastify, which else loads two compilers of schemas when a server is made, a tenth of what a process takes to start. */
export const withoutSchemas = {
  schemaController: { compilersFactory: { buildValidator: unasked, buildSerializer: unasked } },
} satisfies FastifyServerOptions;
