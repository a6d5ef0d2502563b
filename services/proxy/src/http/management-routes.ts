import { excerpt } from "@sluice/errors";
import { checkStatus } from "@sluice/rpc";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { admin, facts } from "./routes/route-facts.ts";

const base = "/management/datacoord/garbage_collection/";
/** Who needs longer asks again: garbage that nobody removes fills the storage. */
const MAX_PAUSE_SECONDS = 86_400;

const pauseQuery = z.object({ pause_seconds: z.string(), collection_id: z.string().optional() });
const resumeQuery = z.object({ ticket: z.string().optional() });

/**
 * What milvus-backup asks of a Milvus before it copies files: that garbage stays, of all collections whichever it names. By GET, and
 * with the status of HTTP, by which it knows a refusal. Source: milvus-backup 0.5.16, internal/client/milvus/manage.go.
 */
export function managementRoutes(app: FastifyInstance, { data }: Pick<ProxyContext, "data">): void {
  const pausing = facts("Keeps what is garbage in storage for a time", admin, { query: pauseQuery });
  app.get<{ Querystring: Partial<z.infer<typeof pauseQuery>> }>(`${base}pause`, pausing, async ({ query }, reply) => {
    const seconds = secondsOf(query.pause_seconds);
    if (seconds === undefined) return reply.code(400).send({ msg: wrongSeconds(query.pause_seconds) });
    return answer(reply, "pause", async () => {
      const { status, ticket } = await data.pauseGc({ durationMs: BigInt(seconds * 1000) });
      checkStatus(status);
      return { msg: "OK", ticket };
    });
  });
  const resuming = facts("Ends a pause of garbage collection, or all of them", admin, { query: resumeQuery });
  app.get<{ Querystring: z.infer<typeof resumeQuery> }>(`${base}resume`, resuming, ({ query }, reply) =>
    answer(reply, "resume", async () => {
      checkStatus(await data.resumeGc({ ticket: query.ticket ?? "" }));
      return { msg: "OK" };
    }),
  );
}

function secondsOf(text: string | undefined): number | undefined {
  const seconds = /^\d{1,9}$/.test(text ?? "") ? Number(text) : 0;
  return seconds >= 1 && seconds <= MAX_PAUSE_SECONDS ? seconds : undefined;
}

function wrongSeconds(text = ""): string {
  return `failed to pause garbage collection, pause_seconds: expected 1 to ${MAX_PAUSE_SECONDS}, found '${excerpt(text)}'; who needs longer asks again before it has ended`;
}

async function answer(reply: FastifyReply, what: "pause" | "resume", call: () => Promise<object>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return reply.code(500).send({ msg: `failed to ${what} garbage collection, ${(error as Error).message}` });
  }
}
