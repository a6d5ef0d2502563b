import { StatusError } from "@sluice/errors";
import type { rootCoord } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { listedScopeOf, showsJob } from "../../access/access-control.ts";
import { databaseOf } from "../../call-context.ts";
import type { ProxyContext } from "../../context.ts";
import { listJobs } from "../../jobs/list-jobs.ts";
import { describedJob } from "../described-job.ts";
import { jobSummaryJson } from "../import-job-json.ts";
import { parseBody } from "../rest.ts";
import { facts } from "../routes/route-facts.ts";
import { EventStream } from "./event-stream.ts";
import { JobFeed } from "./job-feed.ts";

/** Each holds a connection for as long as its client likes. */
const MAX_STREAMS = 256;
/** Source: gRPC's RESOURCE_EXHAUSTED, Milvus's rate limit. */
const TOO_MANY = 8;

const eventsQuery = z.object({ jobId: z.string().optional(), dbName: z.string().optional() });

/** Whether who asked may go on listening. */
export type StillAllowed = (request: FastifyRequest) => Promise<boolean>;

/** States in which a job goes on. */
const openStates = ["Pending", "Importing", "Uncommitted", "Committing"];

/** Server-sent events: what becomes of one import job, until it ends, or of those of a database. */
export class JobEvents implements Disposable {
  readonly #context: ProxyContext;
  readonly #feed: JobFeed;
  readonly #stillAllowed: StillAllowed;
  readonly #streams = new Set<EventStream>();

  constructor(context: ProxyContext, log: Logger, stillAllowed: StillAllowed) {
    this.#context = context;
    this.#feed = new JobFeed(context, log);
    this.#stillAllowed = stillAllowed;
  }

  /** Registers the route of events, for one job or those of a database. */
  routes(app: FastifyInstance): void {
    app.get(
      "/v2/vectordb/jobs/import/events",
      facts(
        "Server-sent events of a job, or of those of a database",
        { kind: "job", anyOf: ["Import", "GetImportProgress"], orOpen: true },
        { query: eventsQuery, isStream: true },
      ),
      async (request, reply) => {
        const { jobId, dbName } = parseBody(eventsQuery, request.query);
        if (this.#streams.size >= MAX_STREAMS) {
          const reason = `${MAX_STREAMS} streams of events are open: close some, or ask describe and list`;
          throw new StatusError(TOO_MANY, reason);
        }
        if (jobId !== undefined) this.#ofJob(await describedJob(this.#context, jobId), request, reply);
        else this.#ofDatabase(databaseOf({ dbName }, request.call), request, reply);
      },
    );
  }

  #ofJob({ jobId }: rootCoord.JobEntry, request: FastifyRequest, reply: FastifyReply): void {
    const tell = (stream: EventStream, job: rootCoord.JobEntry) => {
      stream.send("job", job.phase === "ended" ? "end" : "job", jobSummaryJson(job));
      if (job.phase === "ended") stream.end();
    };
    const refresh = async (stream: EventStream) => tell(stream, await describedJob(this.#context, String(jobId)));
    this.#open(request, reply, refresh, (stream, job) => job.jobId === jobId && tell(stream, job));
  }

  #ofDatabase(dbName: string, request: FastifyRequest, reply: FastifyReply): void {
    const tell = (stream: EventStream, job: rootCoord.JobEntry) =>
      stream.send(String(job.jobId), job.phase === "ended" ? "end" : "job", jobSummaryJson(job));
    const refresh = async (stream: EventStream) => {
      const query = { kind: "import", dbName, states: openStates };
      for (const job of (await listJobs(this.#context, query, request.call.caller)).jobs) tell(stream, job);
    };
    let told = Promise.resolve();
    this.#open(request, reply, refresh, (stream, job) => {
      // As it is known now: what is granted changes while somebody listens.
      const { caller } = request.call;
      const isShown = job.kind === "import" && job.dbName === dbName && (!caller || showsJob(caller, job));
      if (!isShown) return;
      const scope = listedScopeOf(caller);
      if (!scope) return tell(stream, job);
      // One after the other, as they came.
      told = told.then(async () => {
        const { isOutside } = await this.#context.root.describeJob({ jobId: job.jobId, scope });
        if (!isOutside) tell(stream, job);
      });
      told = told.catch(() => stream.end());
    });
  }

  #open(
    request: FastifyRequest,
    reply: FastifyReply,
    refresh: (stream: EventStream) => Promise<void>,
    onJob: (stream: EventStream, job: rootCoord.JobEntry) => void,
  ): void {
    reply.hijack();
    const stream = new EventStream(reply.raw, () => this.#stillAllowed(request));
    this.#streams.add(stream);
    const stop = this.#feed.follow({
      onChanged: (jobs) => {
        for (const job of jobs) onJob(stream, job);
      },
      // A job that is forgotten meanwhile has no more to tell.
      onReset: () => void refresh(stream).catch(() => stream.end()),
    });
    reply.raw.once("close", () => {
      stop();
      this.#streams.delete(stream);
      stream[Symbol.dispose]();
    });
    void refresh(stream).catch(() => stream.end());
  }

  [Symbol.dispose](): void {
    this.#feed[Symbol.dispose]();
    for (const stream of this.#streams) stream[Symbol.dispose]();
  }
}
