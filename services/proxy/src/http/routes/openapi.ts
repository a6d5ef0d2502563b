import { volumeRights } from "@sluice/access";
import { z } from "zod";
import { rpcGuards } from "../../access/rpc-demands.ts";
import type { RouteFacts, RouteGuard } from "./route-facts.ts";
import type { RouteEntry } from "./route-table.ts";

/** The routes as an OpenAPI document. Source: OpenAPI Specification 3.1.1. */
export function openApi(entries: readonly RouteEntry[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, facts } of entries) {
    if (!facts) continue;
    const shown = path.replace(/:(\w+)/g, "{$1}").replace("*", "{rest}");
    paths[shown] = { ...paths[shown], [method.toLowerCase()]: operationOf(method, shown, facts) };
  }
  return {
    openapi: "3.1.1",
    info: {
      ...{ title: "Sluice", version },
      description:
        "Milvus's REST v2 as far as it is served, and what Sluice adds to it. Every answer to POST is HTTP 200 with a `code`, 0 for success, unless the caller is not known (401) or may not (403).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{}, { bearer: [] }, { basic: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "`user:password`, or an API key" },
        basic: { type: "http", scheme: "basic" },
      },
      schemas: { Answer: answer },
    },
  };
}

const answer = {
  type: "object",
  properties: {
    code: { type: "integer", description: "0 for success" },
    data: { description: "what was asked for" },
    message: { type: "string", description: "why it was refused" },
  },
  required: ["code"],
};

function operationOf(method: string, path: string, facts: RouteFacts): object {
  const { summary, guard, body, query, needs } = facts;
  const parameters = [...pathParameters(path), ...(query ? queryParameters(query) : [])];
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, "_")}`,
    tags: [tagOf(path)],
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { content: { "application/json": { schema: schemaOf(body, needs) } } } }),
    responses: { 200: { description: "The answer", ...(guard.kind !== "public" && jsonAnswer) } },
    ...(guard.kind === "public" && { security: [] }),
    "x-privileges": privilegesOf(guard),
  };
}

const jsonAnswer = { content: { "application/json": { schema: { $ref: "#/components/schemas/Answer" } } } };

/** The first word of a path that says what it is about. */
function tagOf(path: string): string {
  const [first, second, third] = path
    .split("/")
    .filter((part) => part !== "" && !/^v\d$|^vectordb$|^vector$|^api$/.test(part));
  return first === "jobs" && third !== undefined ? `${second} jobs` : (first ?? "server");
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
  }));
}

function queryParameters(query: z.ZodType): object[] {
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: "query", required: required.includes(name), schema },
  }));
}

/** As clients send it: before defaults and conversions. */
function schemaOf(schema: z.ZodType, needs: readonly string[] = []): object {
  const { $schema: _, required = [], ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const all = [...new Set([...required, ...needs])];
  return { ...rest, ...(all.length > 0 && { required: all }) };
}

/** What a caller needs where users are asked for: one of these, or of each route's calls; `admin` is the role. */
function privilegesOf(guard: RouteGuard): string[] {
  switch (guard.kind) {
    case "public":
    case "open":
      return [];
    case "admin":
      return ["admin"];
    case "job":
      return [...guard.anyOf];
    case "anywhere":
      return [guard.privilege];
    case "volume":
      return [...new Set([guard.right, guard.forPut ?? guard.right].flatMap((right) => volumeRights[right]))];
    case "method":
      return privilegesOfMethod(guard.method);
    case "calls":
      return [...new Set(guard.methods.flatMap(privilegesOfMethod))];
  }
}

function privilegesOfMethod(method: string): string[] {
  const guard = rpcGuards.get(method);
  if (!guard) return ["admin"];
  if (guard.kind === "job") return [...guard.anyOf];
  if (guard.kind === "open") return [];
  return guard.of({ dbName: "default", request: {} }).flatMap((anyOf) => anyOf.map(({ privilege }) => privilege));
}
