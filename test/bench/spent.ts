import { execFileSync } from "node:child_process";
import { median } from "./report.ts";
import type { BenchServer } from "./sluice.ts";

/** What a piece of work took. */
export interface Spent {
  readonly ms: number;
  /** Of all its threads, user and system: other work on the machine changes it less than `ms`. */
  readonly cpuMs: number;
}

/** Wall clock and CPU time as tables show them. */
export const told = ({ ms, cpuMs }: Spent) => `${ms.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms`;

/** By the clock and by CPU. */
export function medianOf(all: readonly Spent[]): Spent {
  return { ms: median(all.map(({ ms }) => ms)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) };
}

/** Work of this process. */
export async function spentHere(work: () => unknown): Promise<Spent> {
  const started = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - started, cpuMs: (user + system) / 1000 };
}

/** A program's, whose output goes nowhere. */
export function spentBy(program: string, ...args: readonly string[]): Spent {
  const started = performance.now();
  const script = 'exec 3>&1; "$@" > /dev/null; times >&3';
  const text = execFileSync("sh", ["-ec", script, "sh", program, ...args], { encoding: "utf8" });
  // The second line is of the shell's children: user and system, `0m1.250s`.
  const times = text
    .trim()
    .split("\n")[1]
    .matchAll(/(\d+)m([\d.]+)s/g);
  const cpuMs = [...times].reduce(
    (sum, [, minutes, seconds]) => sum + (60 * Number(minutes) + Number(seconds)) * 1000,
    0,
  );
  return { ms: performance.now() - started, cpuMs };
}

/** Work that a server is asked for: its CPU, and from the call to its end. */
export async function spentByServer(server: BenchServer, work: () => Promise<unknown>): Promise<Spent> {
  const sum = ({ user, system }: { user: number; system: number }) => 1000 * (user + system);
  const before = sum(server.cpuSeconds());
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  return { ms, cpuMs: sum(server.cpuSeconds()) - before };
}

/** What others have written goes to the disk first, so that it is not waited for by what is timed next. */
export function settleDisk(): void {
  execFileSync("sync");
}
