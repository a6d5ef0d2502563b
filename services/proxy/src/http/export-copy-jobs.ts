import { StatusError, statusCodes } from "@sluice/errors";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import { jobKindRoutes } from "./job-kind-routes.ts";
import { parseBody, required } from "./rest.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const names = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const peerMembers = { address: z.string(), token: text, user: text, password: text, dbName: text };
/** Another service. */
const source = z
  .strictObject(peerMembers)
  .nullish()
  .transform((value) => value ?? undefined);
const target = z
  .strictObject({ ...peerMembers, files: text, filesAs: text })
  .nullish()
  .transform((value) => value ?? undefined);
const exportBody = z.strictObject({
  ...{ dbName: text, collectionName: text, to: text, format: text, filter: text },
  ...{ partitionNames: names, outputFields: names },
});
const copyBody = z.strictObject({
  ...{ dbName: text, collectionName: text, targetDbName: text, targetCollectionName: text, partitionNames: names },
  ...{ indexes: z.boolean().nullish(), load: z.boolean().nullish(), filter: text },
  ...{ from: source, to: target, ifExists: text, alias: text, dryRun: z.boolean().nullish() },
  checkRows: z.number().int().min(0).nullish(),
  maxMBPerSecond: z.number().min(0.001).max(1_000_000).nullish(),
});

/** Bytes of a megabyte, as networks have them. */
const MB = 1_000_000;

/** Exports and copies over REST, in the form of import jobs. */
export function exportCopyRoutes(app: FastifyInstance, context: ProxyContext): void {
  jobKindRoutes(app, context, {
    ...{ kind: "export", working: "Exporting", rowsName: "exportedRows" },
    ...{ summary: "Writes the rows of a collection into files", body: exportBody, needs: ["collectionName", "to"] },
    create: (request, idempotencyKey) => {
      const message = exportMessage(request);
      return context.root.export({ ...message, idempotencyKey });
    },
  });
  jobKindRoutes(app, context, {
    ...{ kind: "copy", working: "Copying", rowsName: "copiedRows" },
    ...{ summary: "Makes a collection with the rows of another one", body: copyBody },
    needs: ["collectionName", "targetCollectionName"],
    create: (request, idempotencyKey) => {
      const message = copyMessage(request);
      return context.root.copy({ ...message, idempotencyKey });
    },
  });
}

/** @throws {StatusError} for a body that is none of an export */
function exportMessage(request: FastifyRequest) {
  const { dbName, ...body } = parseBody(exportBody, request.body);
  const { partitionNames, outputFields, filter = "", format = "" } = body;
  const collectionName = required(body.collectionName, "collectionName");
  const about = { dbName: databaseOf({ dbName }, request.call), collectionName, to: required(body.to, "to") };
  return { ...about, partitionNames, outputFields, filter, format };
}

/** Of another service the database is the one that is named there, or its own default. @throws {StatusError} as `exportMessage` */
function copyMessage(request: FastifyRequest) {
  const body = parseBody(copyBody, request.body);
  const { from, to, partitionNames, indexes, load, filter = "", ifExists = "", alias = "" } = body;
  const dbName = databaseOf(body, request.call);
  return {
    ...{ dbName: from ? (from.dbName ?? "") : dbName, filter },
    ...{ from: from && peerService(from), to: to && peerService(to) },
    collectionName: required(body.collectionName, "collectionName"),
    targetDbName: body.targetDbName ?? (to ? (to.dbName ?? "") : dbName),
    targetCollectionName: required(body.targetCollectionName, "targetCollectionName"),
    ...{ ifExists, alias, dryRun: body.dryRun === true, checkRows: body.checkRows ?? 0 },
    bytesPerSecond: BigInt(Math.round((body.maxMBPerSecond ?? 0) * MB)),
    ...{ partitionNames, withoutIndexes: indexes === false, withoutLoad: load === false },
  };
}

interface HandoverNames {
  readonly files?: string;
  readonly filesAs?: string;
}

/** @throws {StatusError} 1100 for credentials that contradict each other */
function peerService(peer: Omit<NonNullable<z.infer<typeof target>>, "files" | "filesAs"> & HandoverNames) {
  const { address, token, user, password, files = "", filesAs = "" } = peer;
  if ((user === undefined) !== (password === undefined) || (token !== undefined && user !== undefined))
    throw new StatusError(statusCodes.invalidParameter, "from, to: give token, or user and password");
  return { address, token: token ?? (user === undefined ? "" : `${user}:${password}`), files, filesAs };
}
