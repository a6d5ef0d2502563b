import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { eventsOf } from "./api/server-events.ts";
import type { JobSummary } from "./api/types.ts";
import { type Route, routeOf } from "./route.ts";
import { rest, session } from "./session.ts";

/** Pause before a stream that broke off, or a call that failed, is tried again. */
const RETRY_MS = 3000;

export interface Loaded<T> {
  /** The newest; stays while a newer one is asked for. */
  readonly data: T | undefined;
  readonly error: Error | undefined;
  /** Asks anew. */
  readonly reload: () => void;
}

/** What a call answers; asked again when one of `keys` changes, or every `everyMs`. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  keys: readonly unknown[],
  everyMs?: number,
): Loaded<T> {
  const [state, setState] = useState<{ readonly data?: T; readonly error?: Error }>({});
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => setState({}), keys);
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (data) => setState({ data }),
      (error) => abort.signal.aborted || setState((before) => ({ ...before, error })),
    );
    const timer = everyMs === undefined ? undefined : setTimeout(reload, everyMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [...keys, turn]);
  return { data: state.data, error: state.error, reload };
}

/** Calls with what becomes of a job, or of all of a database. @param query `?jobId=…` or `?dbName=…`; undefined: of none */
export function useJobEvents(query: string | undefined, onJob: (job: JobSummary) => void): void {
  const latest = useRef(onJob);
  latest.current = onJob;
  useEffect(() => {
    if (query === undefined) return;
    const abort = new AbortController();
    void followJobs(query, (job) => latest.current(job), abort.signal);
    return () => abort.abort();
  }, [query]);
}

/** Opens the stream again when it breaks off; the end of a job is the end of its stream. */
async function followJobs(query: string, onJob: (job: JobSummary) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { event, data } of eventsOf(await rest.stream(`jobs/import/events${query}`, signal))) {
        onJob(JSON.parse(data));
        if (event === "end" && query.startsWith("?jobId=")) return;
      }
    } catch {
      // Whoever shows jobs asks for them as well, and shows why they cannot be had.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The route that the address bar names. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = () => setHash(location.hash);
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  return routeOf(hash);
}

/** Shows again what depends on who is logged in, or on the database. */
export function useSession(): typeof session {
  const [, setTurn] = useState(0);
  useEffect(() => session.follow(() => setTurn((before) => before + 1)), []);
  return session;
}
