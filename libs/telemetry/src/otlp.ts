import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

/** Spans wait for each other at most so long. */
const DELAY_MS = 1000;

/** Registers an exporter over OTLP/HTTP for the whole process. */
export function startExporter(service: string, endpoint: string): AsyncDisposable {
  const url = `${endpoint.replace(/\/$/, "")}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: 5000 });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": `sluice-${service}` }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: DELAY_MS })],
  });
  provider.register();
  return {
    // A collector that is away must not hold up the end.
    [Symbol.asyncDispose]: () => provider.shutdown().catch(() => undefined),
  };
}
