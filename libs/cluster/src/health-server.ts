import { excerpt } from "@sluice/errors";
import type { Metrics } from "@sluice/telemetry";
import { fastify } from "fastify";
import type { Readiness } from "./problems.ts";
import { withoutSchemas } from "./without-schemas.ts";

/** Milvus has calls that manage it on such a port. */
const NOT_HERE = "this port has /healthz, /readyz and /metrics alone; calls go to the port of a proxy (19530)";

/** Where the health server listens, and what it tells. */
export interface HealthOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly readiness: () => Readiness;
}

/** Listening until it is disposed of; `port` is the one that it got. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number;
}

/** `/healthz`: the process lives; `/readyz`: it serves, or stands by; `/metrics`: Prometheus. */
export async function openHealthServer(options: HealthOptions): Promise<HealthServer> {
  const app = fastify({ ...withoutSchemas, logger: false, forceCloseConnections: true });
  app.get("/healthz", async () => "OK");
  app.get("/readyz", async (_request, reply) => {
    const { status, body } = options.readiness();
    return reply.code(status).send(body);
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, body } = await options.metrics.expose();
    return reply.type(contentType).send(body);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ msg: `${request.method} ${excerpt(request.url)}: ${NOT_HERE}` }),
  );
  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  return { port, [Symbol.asyncDispose]: () => app.close() };
}
