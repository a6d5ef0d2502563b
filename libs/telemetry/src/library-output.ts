import { format } from "node:util";
import type { Logger } from "./logger.ts";

/**
 * What libraries write to the console, and Node's own warnings, become lines of the log: whoever reads standard error reads
 * one form of lines. For processes, once; a program's own output goes to its streams.
 */
export function logLibraryOutput(log: Logger): void {
  for (const method of ["debug", "log", "info", "warn", "error"] as const)
    console[method] = (...said: unknown[]) => log.warn("a library says", { text: format(...said) });
  process.removeAllListeners("warning");
  process.on("warning", (warning) => log.warn("a library says", { text: `${warning.name}: ${warning.message}` }));
}
