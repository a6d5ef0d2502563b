import { Readable } from "node:stream";
import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { describedJob } from "./described-job.ts";
import { parseBody } from "./rest.ts";
import { facts, ofJob } from "./routes/route-facts.ts";

const base = "/v2/vectordb/jobs/import";

const errorsBody = z.object({
  jobId: z.string().nullish(),
  /** Position in the job's details; all files unless given. */
  file: z.number().int().min(0).nullish(),
  pageSize: z.coerce.number().int().min(1).max(1000).nullish(),
  currentPage: z.coerce.number().int().min(1).nullish(),
});
const rejectsBody = z.object({
  jobId: z.string().nullish(),
  file: z.number().int().min(0).nullish(),
  part: z.number().int().min(0).nullish(),
});

const needs = ["jobId"];

/** What a job left out: why, page by page, and the rows themselves, as a file of the format that they came in. */
export function rejectedRowRoutes(app: FastifyInstance, context: ProxyContext): void {
  app.post(
    `${base}/errors`,
    facts("Rows that were left out, with place and reason, by pages", ofJob, { body: errorsBody, needs }),
    async (request) => {
      const { jobId, file, pageSize, currentPage } = parseBody(errorsBody, request.body);
      const details = detailsOf(await describedJob(context, jobId), file);
      const size = pageSize ?? 100;
      const page = currentPage ?? 1;
      const records = await pageOf(linesOf(context, details), (page - 1) * size, size);
      const count = details.reduce((sum, { rejectedRows }) => sum + Number(rejectedRows), 0);
      return { code: 0, data: { records, count, currentPage: page, pageSize: size } };
    },
  );
  app.post(
    `${base}/rejects`,
    facts("The rows that were left out of a file, as they stood in it", ofJob, {
      body: rejectsBody,
      needs,
      isStream: true,
    }),
    async (request, reply) => {
      const { jobId, file, part } = parseBody(rejectsBody, request.body);
      const keys = detailsOf(await describedJob(context, jobId), file ?? 0).flatMap((detail) => detail.rejectedRowKeys);
      const key = keys[part ?? 0];
      if (key === undefined) throw noSuchPart(keys.length, part ?? 0);
      reply.header("content-disposition", `attachment; filename="${key.replaceAll("/", "-")}"`);
      reply.header("x-parts", String(keys.length));
      return reply.type("application/octet-stream").send(Readable.from(chunksOf(context, key)));
    },
  );
}

function noSuchPart(parts: number, part: number): StatusError {
  const reason =
    parts === 0
      ? "no rows of this file were kept: none was left out, or its format's rows have no text of their own; see 'errors' for their numbers"
      : `there is no part ${part}: the rows left out of this file are ${parts} parts, from 0`;
  return new StatusError(statusCodes.invalidParameter, reason);
}

function detailsOf({ details }: rootCoord.JobEntry, file: number | null | undefined): rootCoord.JobDetail[] {
  if (file === undefined || file === null) return details;
  if (file < details.length) return [details[file]];
  const reason = `there is no file ${file}: the job has ${details.length}, counted from 0`;
  throw new StatusError(statusCodes.invalidParameter, reason);
}

async function* chunksOf(context: ProxyContext, key: string): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const { status, data } = await context.data.readRejected({ key, offset: BigInt(offset) });
    checkStatus(status);
    if (data.length === 0) return;
    yield data;
    offset += data.length;
  }
}

/** The reasons of all files, one JSON text each. A dry run keeps no objects: those that its record names. */
async function* linesOf(context: ProxyContext, details: readonly rootCoord.JobDetail[]): AsyncGenerator<string> {
  for (const { rejectedReasonKeys, rejected } of details) {
    if (rejectedReasonKeys.length === 0) for (const row of rejected) yield JSON.stringify(row, plainNumber);
    for (const key of rejectedReasonKeys) {
      let rest = "";
      const decoder = new TextDecoder();
      for await (const chunk of chunksOf(context, key)) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      }
    }
  }
}

function plainNumber(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

async function pageOf(lines: AsyncIterable<string>, skip: number, size: number): Promise<unknown[]> {
  const page: unknown[] = [];
  let line = 0;
  for await (const text of lines) {
    if (line++ < skip) continue;
    page.push(JSON.parse(text));
    if (page.length === size) break;
  }
  return page;
}
