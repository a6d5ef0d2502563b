import { sleep } from "@sluice/async";
import { type DescribedStorage, openObjectStore } from "@sluice/object-store";
import type { TaskQueue } from "@sluice/task-queue";
import type { Problems } from "./problems.ts";

/** How often the queue is asked whether it serves: it knows. */
const QUEUE_MS = 1000;
/** How often storage is asked that refuses, and that serves: a listing, a look-up, and where segments are written the rights to. */
const REFUSED_MS = 5000;
const SERVING_MS = 60_000;
/** How long one look at storage may take. */
const LOOK_MS = 2000;

/** Tells `problems` of a queue that does not serve, until it is disposed of. */
export function watchQueue(queue: TaskQueue, problems: Problems): Disposable {
  const look = () => problems.set("queue", queue.problem);
  look();
  const timer = setInterval(look, QUEUE_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The same of where segments lie, and may be written to if `writes`: a wrong secret, a missing right, a server that is away. */
export function watchObjects(place: DescribedStorage, writes: boolean, problems: Problems): AsyncDisposable {
  const ended = new AbortController();
  const watching = follow(place, writes, problems, ended.signal);
  return {
    [Symbol.asyncDispose]: () => {
      ended.abort();
      return watching;
    },
  };
}

async function follow(
  { storage, secrets }: DescribedStorage,
  writes: boolean,
  problems: Problems,
  signal: AbortSignal,
): Promise<void> {
  await using store = await openObjectStore(storage, secrets, { patienceMs: LOOK_MS });
  while (store.check && !signal.aborted) {
    const reason = await store.check(signal, { writes }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (signal.aborted) return;
    problems.set("storage", reason);
    await sleep(reason === undefined ? SERVING_MS : REFUSED_MS, signal);
  }
}
