import type { FastifyInstance } from "fastify";

/** Verbs that change nothing, but below `/management/`; a link to the console on another page is one of them. */
const harmless: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what pages of other sites order through somebody's browser: bodies are JSON whatever they are called, so that a browser
 * would ask nobody before it sends them. Clients that are no browser say nothing of a site. Source: W3C Fetch Metadata.
 */
export function refuseCrossSite(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    const site = request.headers["sec-fetch-site"];
    const isHarmless = harmless.has(request.method) && !request.routeOptions.url?.startsWith("/management/");
    if (isHarmless || site === undefined || site === "same-origin" || site === "none") return;
    const message =
      "this server does nothing for pages of other sites: ask it from its own console, or from no browser";
    return reply.code(403).send({ code: 65535, status: 65535, message });
  });
}
