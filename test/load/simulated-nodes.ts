import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestCluster } from "../support/test-cluster.ts";

/** Simulated datanodes in one process; more would only add processes to a machine of few cores. */
const NODES_PER_PROCESS = 250;

/** Datanodes of a cluster whose work is only time, some hundreds in each of a few processes. */
export class SimulatedNodes implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  static async start(cluster: TestCluster, count: number, taskMs: number): Promise<SimulatedNodes> {
    const shares: number[] = [];
    for (let left = count; left > 0; left -= NODES_PER_PROCESS) shares.push(Math.min(left, NODES_PER_PROCESS));
    const children = shares.map((share) => launch(cluster, share, taskMs));
    await Promise.all(children.map(untilReady));
    return new SimulatedNodes(children);
  }

  get processes(): { role: string; pid: number }[] {
    return this.#children.map((child) => ({ role: "simulated nodes", pid: child.pid as number }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#children.map((child) => new Promise((resolve) => child.once("close", resolve)));
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(ended);
  }
}

function launch(cluster: TestCluster, share: number, taskMs: number): ChildProcess {
  const program = join(import.meta.dirname, "simulated-node.ts");
  const args = [program, `--nodes=${share}`, `--task-ms=${taskMs}`, "--", ...cluster.flagsFor("datanode")];
  const env = { ...process.env, ...cluster.credentials() };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  // They stand for other machines, and must not take a core from the control plane when both want it.
  setPriority(child.pid as number, 10);
  return child;
}

function untilReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on("line", (text) => text.startsWith("ready") && resolve());
  child.once("close", (code) => reject(new Error(`simulated datanodes ended with ${code}`)));
  return promise;
}
