import { type CloudIds, checkCloudIds, type NamedIds } from "@sluice/volumes";
import type { FastifyInstance } from "fastify";

/**
 * Requests that name another project, region or cluster than this server's are refused, whatever else they are about: what they
 * mean lies elsewhere. After guards, as all that is said of members.
 */
export function refuseOtherPlaces(app: FastifyInstance, ids: CloudIds): void {
  app.addHook("preHandler", async ({ body, query }) => {
    for (const named of [body, query]) if (isObject(named)) checkCloudIds(named, ids);
  });
}

function isObject(value: unknown): value is NamedIds {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
