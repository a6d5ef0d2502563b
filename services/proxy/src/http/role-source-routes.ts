import { checkStatus } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { parseBody, required } from "./rest.ts";
import { admin, facts } from "./routes/route-facts.ts";

const body = z.object({ roleName: z.string().nullish(), sources: z.array(z.string()).nullish() });
const about = { body, needs: ["roleName"], changesAccess: true } as const;

/** What roles may import from, for who may do everything. */
export function roleSourceRoutes(app: FastifyInstance, { root }: ProxyContext): void {
  app.post(
    "/v2/vectordb/roles/set_sources",
    facts("Confines what a role imports from to some folders; without sources to none any more", admin, about),
    async (request) => {
      const { roleName, sources } = parseBody(body, request.body);
      const scope = sources ? { prefixes: sources, beyondVolumes: false, writtenVolumes: [] } : undefined;
      checkStatus(await root.setRoleSources({ roleName: required(roleName ?? undefined, "roleName"), scope }));
      return { code: 0, data: {} };
    },
  );
}
