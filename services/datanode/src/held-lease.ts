import type { TaskLease, TaskQueue } from "@sluice/task-queue";

/** How often a task of the background is asked to make room. What waits for a moment only is about to be taken by others. */
const YIELD_MS = 150;

/** Renews at a third of the lease; `lost` aborts when the queue has taken the task away. */
export function keepRenewed(lease: TaskLease, leaseMs: number): Disposable & { readonly lost: AbortSignal } {
  const lost = new AbortController();
  const timer = setInterval(async () => {
    const isHeld = await lease.renew().catch(() => true);
    if (!isHeld) lost.abort();
  }, leaseMs / 3);
  return { lost: lost.signal, [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * `room` aborts when a task of the background holds a slot that others wait for. It is begun anew once they do not.
 * @param deps greatest source bytes of tasks that others take too
 */
export function makeRoom(
  task: TaskLease["task"],
  { queue, smallTaskBytes }: { readonly queue: TaskQueue; readonly smallTaskBytes: number },
): Disposable & { readonly room: AbortSignal } {
  const room = new AbortController();
  if (!task.isBackground) return { room: room.signal, [Symbol.dispose]: () => {} };
  let seen = 0;
  const timer = setInterval(async () => {
    seen = (await queue.hasWaiting(smallTaskBytes).catch(() => false)) ? seen + 1 : 0;
    if (seen > 1) room.abort();
  }, YIELD_MS);
  return { room: room.signal, [Symbol.dispose]: () => clearInterval(timer) };
}
