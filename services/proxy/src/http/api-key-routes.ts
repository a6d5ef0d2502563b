import type { AccessPolicy } from "@sluice/access";
import { checkStatus } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { parseBody, required } from "./rest.ts";
import { admin, facts } from "./routes/route-facts.ts";
import { timeText } from "./time-text.ts";

const base = "/v2/vectordb/api_keys";
/** Ten years. */
const MAX_TTL_SECONDS = 10 * 366 * 86_400;

const createBody = z.object({
  description: z.string().nullish(),
  roles: z.array(z.string()).nullish(),
  volumes: z.array(z.string()).nullish(),
  ttlSeconds: z.number().int().min(1).max(MAX_TTL_SECONDS).nullish(),
});
const revokeBody = z.object({ keyId: z.string().nullish() });

/** Keys of programs, for who may do everything. A key is shown when it is made, and never again. */
export function apiKeyRoutes(app: FastifyInstance, { root }: ProxyContext): void {
  const changing = { body: createBody, changesAccess: true } as const;
  app.post(
    `${base}/create`,
    facts("Makes an API key with roles, and shows it this once", admin, changing),
    async ({ body }) => {
      const { description, roles, volumes, ttlSeconds } = parseBody(createBody, body);
      const reach = { roles: roles ?? [], volumes: volumes ?? [] };
      const request = { description: description ?? "", ...reach, ttlMs: BigInt(ttlSeconds ?? 0) * 1000n };
      const { status, keyId, token } = await root.createApiKey(request);
      checkStatus(status);
      return { code: 0, data: { keyId, apiKey: token } };
    },
  );
  app.post(`${base}/list`, facts("API keys, without what opens anything", admin), async () => {
    const { status, policy } = await root.getAccessPolicy({});
    checkStatus(status);
    const { keys = {} } = JSON.parse(policy) as AccessPolicy;
    return { code: 0, data: Object.entries(keys).map(([keyId, key]) => keyJson(keyId, key)) };
  });
  const revoking = { body: revokeBody, needs: ["keyId"], changesAccess: true } as const;
  app.post(`${base}/revoke`, facts("Has an API key open nothing any more", admin, revoking), async ({ body }) => {
    const keyId = required(parseBody(revokeBody, body).keyId ?? undefined, "keyId");
    checkStatus(await root.revokeApiKey({ keyId }));
    return { code: 0, data: {} };
  });
}

function keyJson(
  keyId: string,
  { description, roles, volumes, createdMs, expiresMs }: NonNullable<AccessPolicy["keys"]>[string],
) {
  return {
    ...(volumes && { volumes }),
    ...{ keyId, description, roles, createTime: timeText(BigInt(createdMs)) },
    ...(expiresMs !== undefined && { expireTime: timeText(BigInt(expiresMs)) }),
  };
}
