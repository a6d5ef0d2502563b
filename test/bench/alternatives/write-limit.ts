import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isMainThread, Worker, workerData } from "node:worker_threads";

// The physical limit: the same bytes written and synced, by as many threads as there are workers, 16 MB at a time.

const BLOCK_BYTES = 16 << 20;

if (!isMainThread && workerData?.limit) {
  const { path, bytes } = workerData.limit;
  const block = new Uint8Array(BLOCK_BYTES).map((_, i) => (i * 2654435761) >>> 24);
  const file = openSync(path, "w");
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) {
    writeSync(file, block, 0, Math.min(left, BLOCK_BYTES));
    fdatasyncSync(file);
  }
  closeSync(file);
}

/** Milliseconds. */
export async function timeWrites(folder: string, bytes: number, threads: number): Promise<number> {
  const paths = Array.from({ length: threads }, (_, i) => join(folder, `limit-${i}.bin`));
  const startedMs = performance.now();
  await Promise.all(
    paths.map(
      (path) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), {
            workerData: { limit: { path, bytes: Math.ceil(bytes / threads) } },
          });
          worker.once("exit", resolve).once("error", reject);
        }),
    ),
  );
  const ms = performance.now() - startedMs;
  for (const path of paths) rmSync(path, { force: true });
  return ms;
}
