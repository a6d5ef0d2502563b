import { didYouMean, excerpt, StatusError, statusCodes } from "@sluice/errors";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { foldKeys, type OnMember } from "./fold-keys.ts";
import { type KnownMembers, membersOf } from "./known-members.ts";
import { clientOptions, otherWords, sentAnywhere } from "./marked-members.ts";
import { memberNames } from "./members.ts";
import type { RouteFacts } from "./route-facts.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Members that nobody knows, as their paths. */
    unknownMembers?: string[];
    /** What a call was done with, and should not look as if it had an effect. */
    warnings?: string[];
    /** Why a member is refused; told to who may make the call. */
    refusedMember?: StatusError;
  }
}

const everywhere = membersOf(z.object(sentAnywhere));
const MANY = 20;

/**
 * Members of bodies and queries are called as their route knows them from here on: guards look at them too. What nobody knows is
 * refused where somebody means something by it, and named in the answer otherwise: Milvus passes it over in silence.
 */
export function checkMembers(app: FastifyInstance): void {
  app.addHook("preValidation", async (request) => {
    const { route } = request.routeOptions.config;
    if (!route || route.guard.kind === "public") return;
    const inBody = membersOf(request.method === "GET" ? route.query : route.body);
    if (isObject(request.body)) request.body = checked(request.body, inBody, request, route);
    if (isObject(request.query)) request.query = checked(request.query, membersOf(route.query), request, route);
  });
  app.addHook("preSerialization", async ({ unknownMembers = [], warnings: told = [] }, _reply, answer) => {
    const warnings = [...warningsOf(unknownMembers), ...told];
    return warnings.length > 0 && isObject(answer) ? { ...answer, warnings } : answer;
  });
}

/** Has the answer say something besides. */
export function warn(request: { warnings?: string[] }, warning: string | undefined): void {
  if (warning) request.warnings = [...(request.warnings ?? []), warning];
}

/** After guards: who may not make a call is told that, and nothing of its members. */
export function refuseMembers(app: FastifyInstance): void {
  app.addHook("preHandler", async ({ refusedMember }) => {
    if (refusedMember) throw refusedMember;
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checked(object: object, known: KnownMembers, request: FastifyRequest, route: RouteFacts): object {
  const onMember: OnMember = (key, member, path, all) => {
    const is = member ?? (path === "" ? everywhere.get(key.toLowerCase()) : undefined);
    const isKnown = is !== undefined || (path === "" && isOfClient(key, object));
    const names = [...all.values()].map(({ name }) => name);
    const reason =
      is?.refused !== undefined ? `${is.name} ${is.refused}` : isKnown ? undefined : wish(key, path, names);
    if (reason !== undefined) request.refusedMember ??= invalid(reason);
    if (isKnown || reason !== undefined) return;
    // Its schema refuses it.
    if (all.isClosed) return;
    if (route.isStream)
      request.refusedMember ??= invalid(`${quoted(path, key)} is not known to this call: leave it out`);
    request.unknownMembers ??= [];
    request.unknownMembers.push(`${path}${key}`);
  };
  return foldKeys(object, known, onMember);
}

/** `"options": {"sdk": "java"}`. */
function isOfClient(key: string, object: object): boolean {
  const options = (object as { readonly options?: unknown }).options;
  return key === "options" && isObject(options) && Object.keys(options).every((name) => clientOptions.has(name));
}

/** Why a slip of a known name is refused, or another word for one, or what other calls know; undefined for any other name. */
function wish(key: string, path: string, known: readonly string[]): string | undefined {
  const other = otherWords.get(key.toLowerCase());
  const meant = other !== undefined && known.includes(other) ? ` (did you mean '${other}'?)` : didYouMean(key, known);
  if (meant !== "") return `${quoted(path, key)} is not known to this call${meant}: correct it, or leave it out`;
  if (!memberNames.has(key)) return undefined;
  return `${quoted(path, key)} means nothing to this call, which would go on without it: leave it out`;
}

function quoted(path: string, key: string): string {
  return `"${excerpt(`${path}${key}`)}"`;
}

function invalid(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, reason);
}

function warningsOf(unknown: readonly string[]): string[] {
  const named = unknown
    .slice(0, MANY)
    .map((path) => `${quoted("", path)} is not known to this call, and was passed over`);
  return unknown.length > MANY ? [...named, `and ${unknown.length - MANY} more`] : named;
}
