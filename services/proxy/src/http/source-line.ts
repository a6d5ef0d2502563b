import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { maySeeAllJobs } from "../access/access-control.ts";
import { checkPermitted } from "../access/access-refused.ts";
import type { ProxyContext } from "../context.ts";
import { idOfJob } from "./described-job.ts";
import { parseBody, required } from "./rest.ts";
import { facts, ofJob } from "./routes/route-facts.ts";

const body = z.object({
  jobId: z.string().nullish(),
  /** As errors of the job name it. */
  file: z.string().optional(),
  byteOffset: z.number().int().min(0).optional(),
});
const needs = ["jobId", "file", "byteOffset"];

/** The line of a source file in which an error lies, for who looks at it. */
export function sourceLineRoute(app: FastifyInstance, context: ProxyContext): void {
  app.post(
    "/v2/vectordb/jobs/import/source_line",
    facts("The line of a job's file in which an error lies", ofJob, { body, needs }),
    async (request) => {
      const { jobId, file, byteOffset } = parseBody(body, request.body);
      const { caller } = request.call;
      const { status, ...line } = await context.root.readSourceLine({
        ...{ jobId: idOfJob(jobId), file: required(file, "file") },
        byteOffset: BigInt(required(byteOffset, "byteOffset")),
        caller: caller && !maySeeAllJobs(caller) ? caller.user : "",
      });
      checkPermitted(status);
      return { code: 0, data: line };
    },
  );
}
