import { readFile, writeFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";

/** What others saw of a process while something was done to it. */
export interface Watched<T> {
  readonly result: T;
  /**
   * The longest that anybody waited for the answer to a call that costs nothing, without the time in which other processes kept
   * the server, or who asked, from a processor.
   */
  readonly silenceMs: number;
  /** The most memory that the process had (resident), in bytes. */
  readonly peakBytes: number;
}

/** Asks for `/healthz` again and again, in a thread of its own: what the test itself computes delays nobody else. */
const asking = `
  const { readFileSync } = require("node:fs");
  const { parentPort, workerData: { url, pid } } = require("node:worker_threads");
  // Of a thread: nanoseconds it ran, and nanoseconds it was ready and had to wait for others.
  const waitedMs = (thread) => Number(readFileSync("/proc/" + thread + "/schedstat", "utf8").split(" ")[1]) / 1e6;
  const keptWaitingMs = () => waitedMs(pid + "/task/" + pid) + waitedMs("thread-self");
  let on = true;
  let worst = 0;
  const ask = async () => {
    while (on) {
      const [begun, before] = [performance.now(), keptWaitingMs()];
      await fetch(url).then((answer) => answer.text());
      worst = Math.max(worst, performance.now() - begun - (keptWaitingMs() - before));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  parentPort.on("message", () => { on = false; });
  ask().then(() => parentPort.postMessage(worst), (error) => parentPort.postMessage(String(error)));
`;

/**
 * Does something to the server at `address`, whose process is `pid`, and says what others saw of it.
 * @throws Error when the server did not answer at all
 */
export async function watched<T>(address: string, pid: number, run: () => Promise<T>): Promise<Watched<T>> {
  const worker = new Worker(asking, { eval: true, workerData: { url: `http://${address}/healthz`, pid } });
  const answered = new Promise<number | string>((resolve) => worker.once("message", resolve));
  await writeFile(`/proc/${pid}/clear_refs`, "5"); // The peak counts from now on.
  try {
    const result = await run();
    const peakBytes = await memoryOf(pid, "VmHWM");
    worker.postMessage("end");
    const silence = await answered;
    if (typeof silence === "string") throw new Error(`the server did not answer: ${silence}`);
    return { result, silenceMs: silence, peakBytes };
  } finally {
    await worker.terminate();
  }
}

/** Resident memory of a process: now (`VmRSS`), or its peak (`VmHWM`). */
export async function memoryOf(pid: number, what: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

/** Time on processors that a process has had, all its threads together. */
export async function processorMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // Behind the name in parentheses: state is the first, user and system time the twelfth and thirteenth, in 1/100 s.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return (user + system) * 10;
}

/** How long something takes, without the time in which others kept a process's first thread, or this one's, from a processor. */
export async function ownMsOf(pid: number, run: () => Promise<unknown>): Promise<number> {
  const clock = async () => performance.now() - (await keptWaitingMs(pid)) - (await keptWaitingMs(process.pid));
  const before = await clock();
  await run();
  return (await clock()) - before;
}

/** For which a process's first thread was ready to run and did not, since it began; 0 where no system tells. */
async function keptWaitingMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/task/${pid}/schedstat`, "utf8").catch(() => "0 0 0");
  return Number(stat.split(" ")[1]) / 1e6;
}
