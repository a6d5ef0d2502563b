import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pythonOf, runProgram } from "../../support/program.ts";
import type { Dataset } from "../datasets.ts";
import type { Spent } from "../spent.ts";

const LIMIT_MS = 20 * 60_000;

/** Stores of vectors that run in a process of Python, and the environment that has each. */
const environments = { lance: "peers", lancedb: "peers", "milvus-lite": "stores" } as const;

/** Names of the stores that NumPy vectors can be written to. */
export type VectorStore = keyof typeof environments;

/** Whether test/servers.sh has installed it. */
export function isInstalled(store: VectorStore): boolean {
  return existsSync(pythonOf(environments[store]));
}

/** The store takes the first `rows` of NumPy columns into a folder of its own. @throws Error with what it said when it does not */
export async function writeToStore(store: VectorStore, set: Dataset, rows: number, work: string): Promise<Spent> {
  const folder = join(work, store);
  const clear = () => {
    for (const path of [folder, `${folder}.db`]) rmSync(path, { recursive: true, force: true });
  };
  clear();
  const args = [join(import.meta.dirname, "store_import.py"), store, folder, String(rows), ...set.files];
  const { exitCode, output } = await runProgram(pythonOf(environments[store]), args, LIMIT_MS);
  clear();
  const took = /^took (\d+) (\d+)$/m.exec(output);
  if (exitCode !== 0 || !took) throw new Error(`${store} did not take the rows: ${output.slice(-2000)}`);
  return { ms: Number(took[1]), cpuMs: Number(took[2]) };
}
