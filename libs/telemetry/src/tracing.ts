import { type Context, context, propagation, SpanStatusCode, type TextMapGetter, trace } from "@opentelemetry/api";

// Traces through the API of OpenTelemetry, which costs next to nothing until `startTracing` gives it somewhere to go.

/** What is told of a span besides its name and times. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

const TRACE_PARENT = "traceparent";
const tracer = () => trace.getTracer("sluice");
const textGetter: TextMapGetter<string> = {
  get: (carrier, key) => (key === TRACE_PARENT ? carrier : undefined),
  keys: () => [TRACE_PARENT],
};

/** The W3C `traceparent` of the work in hand, to be handed over with it; undefined without one. */
export function currentTraceParent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier[TRACE_PARENT];
}

/**
 * Runs a piece of work as a span. What it throws is recorded and thrown on.
 * @param parent a `traceparent` that came with the work; without, the span belongs to the work in hand
 */
export async function withSpan<T>(
  name: string,
  attributes: SpanAttributes,
  run: (note: (more: SpanAttributes) => void) => Promise<T>,
  parent?: string,
): Promise<T> {
  const span = tracer().startSpan(name, { attributes: { ...attributes } }, contextOf(parent));
  try {
    const note = (more: SpanAttributes) => void span.setAttributes({ ...more });
    return await context.with(trace.setSpan(contextOf(parent), span), () => run(note));
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
    throw error;
  } finally {
    span.end();
  }
}

/** Runs work that came from elsewhere as part of its trace. */
export function withTraceParent<T>(parent: string | undefined, run: () => T): T {
  return parent === undefined ? run() : context.with(contextOf(parent), run);
}

function contextOf(parent: string | undefined): Context {
  return parent ? propagation.extract(context.active(), parent, textGetter) : context.active();
}

/** Who is traced, and who is told. */
export interface TracingOptions {
  readonly service: string;
  /** Of a collector, such as `http://collector:4318`; without, nothing is traced. */
  readonly endpoint: string | undefined;
}

/** Sends the spans of this process to a collector; disposing sends what is left. The SDK is loaded only then. */
export async function startTracing({ service, endpoint }: TracingOptions): Promise<AsyncDisposable> {
  if (!endpoint) return { async [Symbol.asyncDispose]() {} };
  const { startExporter } = await import("./otlp.ts");
  return startExporter(service, endpoint);
}
