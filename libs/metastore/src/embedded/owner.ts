import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process, told apart from later ones of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Start of the process, in clock ticks since boot; "" where the system does not tell. Source: proc(5), stat field 22. */
  readonly startTicks: string;
  /** Random per boot; "" where the system does not tell. */
  readonly bootId: string;
}

/** Read anew at each call. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), startTicks: startTicks(process.pid), bootId: bootId() };
}

/**
 * Whether the process that left this identity still runs. In a container process numbers repeat from start to start, so
 * the number alone would lock a volume for good after a crash.
 */
export function isRunning(owner: ProcessIdentity): boolean {
  if (owner.bootId !== bootId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false; // EPERM: it runs, as another user.
  }
  return owner.startTicks === startTicks(owner.pid);
}

function startTicks(pid: number): string {
  // The second field is the name in parentheses and may hold spaces: count from its end.
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id").trim();
}

/** "" where there is no such file: other systems than Linux. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
