import { checkStatus } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { idOfJob } from "./described-job.ts";
import { parseBody } from "./rest.ts";

const base = "/v2/vectordb/jobs/import";
const body = z.object({ jobId: z.string().nullish() });

/** `commit` and `abort` are Milvus's, for jobs with `auto_commit=false`; the others are for any job. */
const orders = ["commit", "abort", "cancel", "pause", "resume", "rollback"] as const;

/** What users tell jobs to do. Each answers when it is so, and may be said again. */
export function jobOrderRoutes(app: FastifyInstance, context: ProxyContext): void {
  for (const order of orders)
    app.post(`${base}/${order}`, async (request) => {
      const jobId = idOfJob(parseBody(body, request.body).jobId);
      checkStatus(await context.root.orderJob({ jobId, order }));
      return { code: 0, data: {} };
    });
}
