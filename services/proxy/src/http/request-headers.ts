import type { FastifyRequest } from "fastify";

/** The first value of a header; "" where there is none. */
export function headerOf(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
