import { readFileSync } from "node:fs";

/** Of a process, as the kernel counts. */
export interface Usage {
  /** User and system time so far. */
  readonly cpuSeconds: number;
  /** Greatest resident memory so far. */
  readonly peakBytes: number;
}

const TICKS_PER_SECOND = 100;

/** Linux alone. @param pid of a process that lives */
export function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    peakBytes: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024,
  };
}

/** Value at a part of the sorted values, `0.99` for the 99th percentile. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
