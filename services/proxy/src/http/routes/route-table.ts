import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { checkMembers } from "./check-members.ts";
import type { RouteFacts } from "./route-facts.ts";

/** A route as it is registered. */
export interface RouteEntry {
  readonly method: string;
  /** With `:name` for one segment and `*` for all that are left. */
  readonly path: string;
  /** Undefined for a route that says nothing of itself: it is for admins alone. */
  readonly facts: RouteFacts | undefined;
}

/** Every route of an application, as it is registered. */
export class RouteTable {
  readonly #entries: RouteEntry[] = [];

  /** Before any route is registered. */
  constructor(app: FastifyInstance) {
    app.addHook("onRoute", (route) => this.#add(route));
    checkMembers(app);
  }

  /** In the order in which they were registered. */
  get entries(): readonly RouteEntry[] {
    return this.#entries;
  }

  /** Each once, whatever its methods. */
  get paths(): string[] {
    return [...new Set(this.#entries.map(({ path }) => path))];
  }

  /** Verbs of the routes that a path leads to, by whatever verb it was asked for. */
  verbsAt(url: string): string[] {
    const segments = segmentsOf(url);
    const verbs = this.#entries.filter(({ path }) => leadsTo(segmentsOf(path), segments)).map(({ method }) => method);
    return [...new Set(verbs)].sort();
  }

  #add({ method, url, config }: RouteOptions): void {
    const verbs = [method].flat().filter((verb) => verb !== "HEAD");
    for (const verb of verbs) this.#entries.push({ method: verb, path: url, facts: config?.route });
  }
}

/** Slashes at either end mean nothing; doubled ones inside are of another path, which no route has. */
function segmentsOf(url: string): string[] {
  return url
    .split("?", 1)[0]
    .replace(/^\/+|\/+$/g, "")
    .split("/");
}

function leadsTo(path: readonly string[], segments: readonly string[]): boolean {
  if (path.at(-1) === "*")
    return segments.length >= path.length && leadsTo(path.slice(0, -1), segments.slice(0, path.length - 1));
  return path.length === segments.length && path.every((part, i) => part.startsWith(":") || part === segments[i]);
}

/** The answer to a path that there is, by another verb. */
export function wrongVerb(table: RouteTable, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const verbs = table.verbsAt(request.url);
  if (verbs.length === 0) return undefined;
  const message = `${request.method} is no verb of this path: use ${verbs.join(" or ")}`;
  return reply.code(405).header("allow", verbs.join(", ")).send({ code: 405, status: 405, message });
}
