import { checkStatus, type rootCoord } from "@sluice/rpc";
import { type Caller, listedScopeOf, maySeeAllJobs, showsJob } from "../access/access-control.ts";
import { checkDatabaseKnown } from "../access/hidden-names.ts";
import type { ProxyContext } from "../context.ts";

/** Which jobs are asked for, in which order, and which page of them. */
export interface JobQuery {
  readonly kind: string;
  /** `""` = every one. */
  readonly dbName: string;
  readonly collectionName?: string;
  /** In the words of `JobEntry.state`; none = all. */
  readonly states?: readonly string[];
  readonly newestFirst?: boolean;
  /** Unix milliseconds, half-open. */
  readonly createdFromMs?: number;
  readonly createdBeforeMs?: number;
  readonly offset?: number;
  /** None = all. */
  readonly limit?: number;
}

/** Some of the jobs that a list is about. */
export interface JobPage {
  readonly jobs: rootCoord.JobEntry[];
  /** Of all pages. */
  readonly count: number;
}

/**
 * A page of jobs.
 * @param caller who sees only what its roles know of; undefined where nobody is asked
 * @throws {StatusError} 800 for a database that there is not, or that no role of the caller knows of
 */
export async function listJobs(context: ProxyContext, query: JobQuery, caller?: Caller): Promise<JobPage> {
  const { offset = 0, limit } = query;
  // What is left out of a list takes no place of its pages.
  const isPartial = caller !== undefined && !maySeeAllJobs(caller);
  if (isPartial && query.dbName !== "") checkDatabaseKnown(caller, query.dbName);
  const page = isPartial ? { offset: 0n, limit: 0n } : { offset: BigInt(offset), limit: BigInt(limit ?? 0) };
  const { status, jobs, count } = await context.root.listJobs({
    ...{ kind: query.kind, dbName: query.dbName, collectionName: query.collectionName ?? "" },
    ...{ states: [...(query.states ?? [])], newestFirst: query.newestFirst ?? false, ...page },
    createdFromMs: BigInt(query.createdFromMs ?? 0),
    createdBeforeMs: BigInt(query.createdBeforeMs ?? 0),
    scope: listedScopeOf(caller),
  });
  checkStatus(status);
  if (!isPartial) return { jobs, count: Number(count) };
  const shown = jobs.filter((job) => showsJob(caller, job));
  return { jobs: shown.slice(offset, limit === undefined ? undefined : offset + limit), count: shown.length };
}
