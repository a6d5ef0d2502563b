import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestCluster } from "../support/test-cluster.ts";

/** Simulated datanodes in one process; more would only add processes to a machine of few cores. */
const NODES_PER_PROCESS = 250;
/** How exactly it is seen when tasks begin and end. */
const LOOK_MS = 20;

interface NodeProcess {
  readonly child: ChildProcess;
  readonly lines: Interface;
}

/** Datanodes of a cluster whose work is only time, some hundreds in each of a few processes. */
export class SimulatedNodes implements AsyncDisposable {
  readonly #launch: (share: number) => NodeProcess;
  readonly #shares: readonly number[];
  readonly #children: NodeProcess[];

  private constructor(shares: readonly number[], launch: (share: number) => NodeProcess) {
    this.#launch = launch;
    this.#shares = shares;
    this.#children = shares.map(launch);
  }

  /** @param perProcess of how many nodes a process that dies takes away */
  static async start(
    cluster: TestCluster,
    count: number,
    taskMs: number,
    perProcess = NODES_PER_PROCESS,
  ): Promise<SimulatedNodes> {
    const shares: number[] = [];
    for (let left = count; left > 0; left -= perProcess) shares.push(Math.min(left, perProcess));
    const nodes = new SimulatedNodes(shares, (share) => launch(cluster, share, taskMs));
    await Promise.all(nodes.#children.map((one) => lineFrom(one, /^ready/)));
    return nodes;
  }

  /** Ends a process, and with it all its nodes, as a crash does; others come in its place. */
  async replace(which: number): Promise<void> {
    await killed(this.#children[which]);
    this.#children[which] = this.#launch(this.#shares[which]);
  }

  /** Of which usage is told; several nodes share one. */
  get processes(): { role: string; pid: number }[] {
    return this.#children.map(({ child }) => ({ role: "simulated nodes", pid: child.pid as number }));
  }

  /** Resolves when all nodes together run so many tasks. */
  async untilRunning(count: number): Promise<void> {
    while ((await this.#running()) !== count) await sleep(LOOK_MS);
  }

  async #running(): Promise<number> {
    const counts = this.#children.map(async (one) => {
      const answer = lineFrom(one, /^running (\d+)/);
      one.child.stdin?.write("?\n");
      return Number((await answer)[1]);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map(killed));
  }
}

async function killed({ child }: NodeProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
}

function launch(cluster: TestCluster, share: number, taskMs: number): NodeProcess {
  const program = join(import.meta.dirname, "simulated-node.ts");
  const args = [program, `--nodes=${share}`, `--task-ms=${taskMs}`, "--", ...cluster.flagsFor("datanode")];
  const env = { ...process.env, ...cluster.credentials() };
  const child = spawn(process.execPath, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  // They stand for other machines, and must not take a core from the control plane when both want it.
  setPriority(child.pid as number, 10);
  return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream }) };
}

/** The next line of this form. @throws Error when the process ends before */
function lineFrom({ child, lines }: NodeProcess, form: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const ended = (code: number | null) => reject(new Error(`simulated datanodes ended with ${code}`));
  const read = (text: string) => {
    const found = form.exec(text);
    if (!found) return;
    lines.off("line", read);
    child.off("close", ended);
    resolve(found);
  };
  lines.on("line", read);
  child.once("close", ended);
  return promise;
}
