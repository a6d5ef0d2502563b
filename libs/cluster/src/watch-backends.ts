import { sleep } from "@sluice/async";
import { type DescribedSources, type DescribedStorage, openObjectStore, openSources } from "@sluice/object-store";
import type { TaskQueue } from "@sluice/task-queue";
import type { Metrics } from "@sluice/telemetry";
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
export function watchObjects(
  { storage, secrets }: DescribedStorage,
  writes: boolean,
  problems: Problems,
): AsyncDisposable {
  return untilDisposed(async (signal) => {
    await using store = await openObjectStore(storage, secrets, { patienceMs: LOOK_MS });
    if (!store.check) return;
    const look = () => store.check?.(signal, { writes });
    await follow(look, (reason) => problems.set("storage", reason), signal);
  });
}

/** The same of where files come from, source by source: one that refuses keeps nobody from the others. */
export function watchSources(described: DescribedSources, metrics: Metrics, problems: Problems): AsyncDisposable {
  const up = metrics.gauge("sluice_source_up", {
    help: "Whether a source of imports can be read, as looked at each minute: 1 or 0.",
    labels: ["source"],
  });
  return untilDisposed(async (signal) => {
    await using sources = await openSources(described.sources, described.secrets, { patienceMs: LOOK_MS });
    const watch = ({ name }: { readonly name: string }) => {
      const tell = (reason: string | undefined) => {
        up.set(reason === undefined ? 1 : 0, { source: name });
        problems.degrade(`source "${name}"`, reason);
      };
      return follow(() => sources.check(name, signal), tell, signal);
    };
    await Promise.all(described.sources.map(watch));
  });
}

function untilDisposed(run: (signal: AbortSignal) => Promise<void>): AsyncDisposable {
  const ended = new AbortController();
  const running = run(ended.signal);
  return {
    [Symbol.asyncDispose]: () => {
      ended.abort();
      return running;
    },
  };
}

/** Looks until `signal` aborts, and tells each time why a look failed; undefined: it did not. */
async function follow(
  look: () => Promise<void> | undefined,
  tell: (reason: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const reason = await Promise.resolve(look()).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (signal.aborted) return;
    tell(reason);
    await sleep(reason === undefined ? SERVING_MS : REFUSED_MS, signal);
  }
}
