import { StatusError } from "@sluice/errors";
import { checkStatus } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { optionsBody, optionsOf } from "./import-options.ts";
import { parseBody } from "./rest.ts";
import { restCodes } from "./rest-codes.ts";
import { admin, facts } from "./routes/route-facts.ts";

const restoreBody = z.object({
  dbName: z.string().nullish(),
  path: z.string().nullish(),
  /** Of the backup, to the name here; a list keeps the names. */
  collections: z.union([z.record(z.string(), z.string()), z.array(z.string())]).nullish(),
  options: optionsBody,
});

/** Restores collections of a folder of milvus-backup: what each has become, and the job that imports its rows. */
export function restoreBackupRoute(app: FastifyInstance, context: ProxyContext): void {
  app.post(
    "/v2/vectordb/jobs/import/restore",
    facts("Restores collections of a milvus-backup", admin, { body: restoreBody, needs: ["path"] }),
    async (request) => {
      const { dbName, path, collections } = parseBody(restoreBody, request.body);
      if (!path)
        throw new StatusError(restCodes.missingParameter, "missing required parameters, error: path is required");
      const pairs = Array.isArray(collections)
        ? collections.map((name) => [name, ""])
        : Object.entries(collections ?? {});
      const answer = await context.root.restoreBackup({
        ...{ dbName: dbName ?? "", path, options: optionsOf(request) },
        collections: pairs.map(([key, value]) => ({ key, value })),
      });
      checkStatus(answer.status);
      const restored = answer.collections.map(({ jobId, rowCount, warnings, ...names }) => ({
        ...names,
        ...(jobId > 0n && { jobId: String(jobId) }),
        rows: Number(rowCount),
        ...(warnings.length > 0 && { warnings }),
      }));
      return { code: 0, data: { collections: restored } };
    },
  );
}
