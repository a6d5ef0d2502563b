import type { FastifyRequest } from "fastify";

/**
 * The members of a request that its route looks at, and no others: what is asked for is what who calls may do. Routes that take a query
 * look at nothing else, although a GET may have a body; only those of the first form take both, for which their body counts first.
 */
export function saidBy({ routeOptions, query, body }: FastifyRequest): Readonly<Record<string, unknown>> {
  const route = routeOptions.config.route;
  const [inQuery, inBody] = [query, body].map((said) => (typeof said === "object" && said ? said : {}));
  if (route?.guard.kind === "calls") return { ...inQuery, ...inBody };
  return { ...(route?.query ? inQuery : inBody) };
}
