import { checkStatus } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { idOfJob } from "./described-job.ts";
import { parseBody } from "./rest.ts";
import { passedOver } from "./routes/marked-members.ts";
import { facts, ofJob } from "./routes/route-facts.ts";

const base = "/v2/vectordb/jobs/import";
const body = z.object({ jobId: z.string().nullish(), collectionName: passedOver("the id says which") });

/** `commit` and `abort` are Milvus's, for jobs with `auto_commit=false`; the others are for any job. */
const orders = {
  commit: "Makes the rows of an uncommitted job visible",
  abort: "Ends a job that was not committed; nothing of it appears",
  cancel: "Ends any job before it commits; its data goes",
  pause: "Has nobody work on a job until it is resumed",
  resume: "Lets a paused job go on",
  rollback: "Takes the rows of a completed job back",
} as const;

/** What users tell jobs to do. Each answers when it is so, and may be said again. */
export function jobOrderRoutes(app: FastifyInstance, context: ProxyContext): void {
  for (const order of Object.keys(orders) as (keyof typeof orders)[])
    app.post(`${base}/${order}`, facts(orders[order], ofJob, { body, needs: ["jobId"] }), async (request) => {
      const jobId = idOfJob(parseBody(body, request.body).jobId);
      checkStatus(await context.root.orderJob({ jobId, order }));
      return { code: 0, data: {} };
    });
}
