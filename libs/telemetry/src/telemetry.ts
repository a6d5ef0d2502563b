import { logLibraryOutput } from "./library-output.ts";
import { createLogger, type Logger, type LoggerOptions, silentLogger } from "./logger.ts";
import { Metrics } from "./metrics.ts";

/** What a component gets to report with. */
export interface Telemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** For a process: logs to standard error, metrics with those of the process. */
export function startTelemetry(service: string, options: LoggerOptions = {}): Telemetry {
  const log = createLogger(service, options);
  logLibraryOutput(log);
  return { log, metrics: new Metrics({ processMetrics: true }) };
}

/** For tests: says nothing, keeps metrics of its own. */
export function silentTelemetry(): Telemetry {
  return { log: silentLogger, metrics: new Metrics() };
}
