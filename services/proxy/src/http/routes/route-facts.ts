import type { VolumeRight } from "@sluice/access";
import type { z } from "zod";

/** What a caller of a route needs, where users are asked for. */
export type RouteGuard =
  /** Nothing, not even to be known: for who runs the server. */
  | { readonly kind: "public" }
  /** To be known; what it answers is what the caller may see. */
  | { readonly kind: "open" }
  /** To be root, or to have the role admin. */
  | { readonly kind: "admin" }
  /** What a method of gRPC needs, on what the body names. */
  | { readonly kind: "method"; readonly method: string }
  /** The same of each, asked for by the calls that the route makes. */
  | { readonly kind: "calls"; readonly methods: readonly string[] }
  /** A privilege on the collection of the job that it names; `orOpen`: unless it names none; `isAgain`: and what the job itself needed. */
  | { readonly kind: "job"; readonly anyOf: readonly string[]; readonly orOpen?: true; readonly isAgain?: true }
  /** A privilege on any collection at all. */
  | { readonly kind: "anywhere"; readonly privilege: string }
  /** A right to the volume of the path, or of the body; `forPut`: what a link that writes needs instead. Without a volume it is for admins. */
  | { readonly kind: "volume"; readonly right: VolumeRight; readonly forPut?: VolumeRight };

/** All that is known of a route besides its path: guard, OpenAPI and the keys of its body come from here. */
export interface RouteFacts {
  /** A sentence without its full stop. */
  readonly summary: string;
  readonly guard: RouteGuard;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Members that the body must have, beyond what its schema says. */
  readonly needs?: readonly string[];
  /** Its answer is no JSON, which could say what was passed over. */
  readonly isStream?: boolean;
  /** It changes who may do what. */
  readonly changesAccess?: boolean;
}

declare module "fastify" {
  interface FastifyContextConfig {
    route?: RouteFacts;
  }
}

type More = Pick<RouteFacts, "body" | "query" | "needs" | "isStream" | "changesAccess">;

/**
 * The options of a route with what is known of it.
 * @param summary a phrase without its full stop
 * @param guard what a caller needs where users are asked for
 * @example app.post(path, facts("Imports files", asMethod("import"), { body: createBody }), async (request) => { … })
 */
export function facts(summary: string, guard: RouteGuard, more: More = {}): { config: { route: RouteFacts } } {
  return { config: { route: { summary, guard, ...more } } };
}

/** For everybody, known or not. */
export const forAll: RouteGuard = { kind: "public" };
/** For whoever is known: what it answers is what the caller may see. */
export const open: RouteGuard = { kind: "open" };
/** For admins alone. */
export const admin: RouteGuard = { kind: "admin" };
/** What may be done to a job by who may import into its collection. */
export const ofJob: RouteGuard = { kind: "job", anyOf: ["Import"] };
/** Of a job to who may only see how far it is. Source: the privilege's name in Milvus, around-import §1.4. */
export const ofJobProgress: RouteGuard = { kind: "job", anyOf: ["Import", "GetImportProgress"] };
/** Who may import into a job's collection; where the job reads binlogs, also what that needs. */
export const ofJobAgain: RouteGuard = { kind: "job", anyOf: ["Import"], isAgain: true };

/** @param forPut the right that is asked for where the request writes */
export function onVolume(right: VolumeRight, forPut?: VolumeRight): RouteGuard {
  return { kind: "volume", right, ...(forPut && { forPut }) };
}

/** For whom may call this method of Milvus's over gRPC. */
export function asMethod(method: string): RouteGuard {
  return { kind: "method", method };
}
