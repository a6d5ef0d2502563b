export * from "./log-calls.ts";
export * from "./logger.ts";
export * from "./metrics.ts";
export * from "./telemetry.ts";
export * from "./tracing.ts";
export * from "./usual-metrics.ts";
