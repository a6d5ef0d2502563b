import { statusCodes } from "@sluice/errors";
import { volumeCodes } from "@sluice/volumes";
import type { FastifyInstance } from "fastify";
import { headerOf } from "./request-headers.ts";
import { restCodes } from "./rest-codes.ts";

/** Codes by the status of HTTP that says the same; what is not here is 400, or 500 where it is nobody's fault who asks. */
const codesOf: Readonly<Record<number, readonly number[]>> = {
  403: [1401, volumeCodes.notAuthorised],
  404: [
    ...[statusCodes.collectionNotFound, statusCodes.partitionNotFound, statusCodes.segmentNotFound],
    ...[statusCodes.indexNotFound, statusCodes.databaseNotFound, statusCodes.aliasNotFound],
    ...[volumeCodes.notFound, volumeCodes.uploadNotFound, volumeCodes.fileNotFound],
  ],
  409: [
    ...[statusCodes.aliasConflict, statusCodes.aliasExists, volumeCodes.nameTaken, volumeCodes.inUse],
    ...[volumeCodes.notRunning, volumeCodes.fileExists, statusCodes.collectionNotLoaded],
    statusCodes.partitionNotLoaded,
  ],
  413: [volumeCodes.tooLarge],
  429: [8, restCodes.rateLimited, volumeCodes.rateLimited],
  500: [statusCodes.unexpected, 2101],
  501: [statusCodes.unimplemented],
  503: [statusCodes.notReady, 2],
};
const statuses = new Map(
  Object.entries(codesOf).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)])),
);

/** Success of answers in the form of the time before Milvus 2.4.8. */
const OLD_SUCCESS = 200;

/**
 * Refusals have a status of HTTP where the caller asks for it by `X-Error-Status: http`, and the same body; clients of Milvus take any other
 * status than 200 for a failure of the network. Source: contract of stages §2.2.
 */
export function errorStatuses(app: FastifyInstance): void {
  app.addHook("preSerialization", async (request, reply, answer) => {
    const { code = 0, message = "" } = (answer ?? {}) as { code?: number; message?: string };
    const isRefusal = reply.statusCode === 200 && code !== 0 && code !== OLD_SUCCESS;
    if (isRefusal && headerOf(request, "x-error-status").toLowerCase() === "http")
      reply.code(httpStatusOf(code, message));
    return answer;
  });
}

/** A job that there is not has the code of what goes wrong within, as in Milvus. */
function httpStatusOf(code: number, message: string): number {
  return /^import job does not exist/.test(message) ? 404 : (statuses.get(code) ?? 400);
}
