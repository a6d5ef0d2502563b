import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ProxyContext } from "../../context.ts";
import { accessRoutes, describedAccessRoutes } from "./access-routes.ts";
import { analyzerRoutes } from "./analyzer-route.ts";
import { Body } from "./body.ts";
import { catalogFacts } from "./catalog-facts.ts";
import { collectionRoutes, describedCollectionRoutes } from "./collection-routes.ts";
import { declaredRoutes } from "./declared-routes.ts";
import { entityRoutes, searchRoutes } from "./entity-routes.ts";
import type { CallOf } from "./public-call.ts";
import type { RestRoute } from "./rest-route.ts";
import { schemaRoutes } from "./schema-routes.ts";
import { segmentRoutes } from "./segment-routes.ts";

const base = "/v2/vectordb/";
const plain: Readonly<Record<string, RestRoute>> = {
  ...collectionRoutes,
  ...declaredRoutes,
  ...schemaRoutes,
  ...entityRoutes,
  ...analyzerRoutes,
  ...accessRoutes,
  "resource_groups/list": async (_body, call) => (await call("listResourceGroups")).resourceGroups,
};

/** Collections, partitions, indexes, aliases, databases, reading, users and roles, over REST in the form of Milvus v2. */
export function catalogRoutes(app: FastifyInstance, callOf: CallOf, context: ProxyContext): void {
  const serve = (path: string, run: RestRoute, answerOf: (data: unknown) => object) =>
    app.post(`${base}${path}`, catalogFacts(path), async (request: FastifyRequest) => ({
      ...{ code: 0, ...answerOf(await run(new Body(request), callOf(request), request)) },
    }));
  for (const [path, run] of Object.entries({ ...plain, ...segmentRoutes(context) }))
    serve(path, run, (data) => ({ data }));
  const whole = { ...searchRoutes, ...describedCollectionRoutes, ...describedAccessRoutes(context) };
  for (const [path, run] of Object.entries(whole)) serve(path, run, (answer) => answer as object);
}
