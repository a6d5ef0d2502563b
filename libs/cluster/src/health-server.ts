import type { Metrics } from "@sluice/telemetry";
import { fastify } from "fastify";

export interface HealthOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Undefined when the process is ready to serve, or to take over; else what it waits for. */
  readonly waitsFor: () => string | undefined;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
}

/** `/healthz`: the process lives; `/readyz`: it serves, or stands by; `/metrics`: Prometheus. */
export async function openHealthServer(options: HealthOptions): Promise<HealthServer> {
  const app = fastify({ logger: false, forceCloseConnections: true });
  app.get("/healthz", async () => "OK");
  app.get("/readyz", async (_request, reply) => {
    const reason = options.waitsFor();
    return reason === undefined ? "OK" : reply.code(503).send(reason);
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, body } = await options.metrics.expose();
    return reply.type(contentType).send(body);
  });
  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  return { port, [Symbol.asyncDispose]: () => app.close() };
}
