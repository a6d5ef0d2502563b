import { sleep } from "@sluice/async";
import { S3ObjectStore, type S3Options } from "@sluice/object-store";
import type { TaskQueue } from "@sluice/task-queue";
import type { Problems } from "./problems.ts";

/** How often the queue is asked whether it serves: it knows. */
const QUEUE_MS = 1000;
/** How often storage is asked that refuses, and that serves: a listing of one object. */
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

/** The same of a bucket: a wrong secret, a missing right, a server that is away. */
export function watchBucket(options: S3Options, problems: Problems): AsyncDisposable {
  const ended = new AbortController();
  const watching = follow(options, problems, ended.signal);
  return {
    [Symbol.asyncDispose]: () => {
      ended.abort();
      return watching;
    },
  };
}

async function follow(options: S3Options, problems: Problems, signal: AbortSignal): Promise<void> {
  await using store = await S3ObjectStore.open({ ...options, patienceMs: LOOK_MS });
  while (!signal.aborted) {
    const reason = await store.check(signal).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (signal.aborted) return;
    problems.set(`bucket ${options.bucket}`, reason);
    await sleep(reason === undefined ? SERVING_MS : REFUSED_MS, signal);
  }
}
