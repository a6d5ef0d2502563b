import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const PERIOD_US = 20_000;
const V1 = "/sys/fs/cgroup/cpu";
const V2 = "/sys/fs/cgroup";

/** A share of a core that a process may use at most, as a pod's CPU limit is: a control group of its own. Needs root. */
export class CpuShare implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws Error where control groups cannot be written */
  static limit(pid: number, cores: number): CpuShare {
    const isV2 = existsSync(`${V2}/cgroup.controllers`);
    const folder = `${isV2 ? V2 : V1}/sluice-load-${pid}`;
    const quotaUs = Math.round(cores * PERIOD_US);
    mkdirSync(folder);
    if (isV2) writeFileSync(`${folder}/cpu.max`, `${quotaUs} ${PERIOD_US}`);
    else {
      writeFileSync(`${folder}/cpu.cfs_period_us`, String(PERIOD_US));
      writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quotaUs));
    }
    writeFileSync(`${folder}/cgroup.procs`, String(pid));
    return new CpuShare(folder);
  }

  /** After the process has ended; its group takes a moment longer. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let i = 0; i < 50; i++) {
      try {
        return rmdirSync(this.#folder);
      } catch {
        await sleep(100);
      }
    }
  }
}
