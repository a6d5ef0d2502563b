import { StatusError } from "@sluice/errors";
import { checkStatus } from "@sluice/rpc";
import { S3Refusal, splitOnce, volumeCodes } from "@sluice/volumes";
import type { VolumeClient } from "../volumes/volume-operations.ts";
import { lengthOf } from "./content-writer.ts";
import { fileOfRequest } from "./file-service.ts";
import type { RawRequest, RawService } from "./raw-service.ts";

/**
 * Files for who shows a ticket in the query, whoever that is: it allows one request for one file.
 * @param files answers it @param others answers requests without one, and knows who may make them
 */
export function ticketed(files: RawService, client: VolumeClient, others: RawService): RawService {
  const answer: RawService["answer"] = async (request) => {
    const ticket = new URLSearchParams(splitOnce(request.url, "?")[1]).get("ticket");
    if (ticket === null) return others.answer(request);
    await checkTicket(client, ticket, request);
    return files.answer(request);
  };
  return { ...files, answer };
}

/** @throws {S3Refusal} `AccessDenied`, `ExpiredToken`; {StatusError} 63248 */
async function checkTicket(client: VolumeClient, ticket: string, request: RawRequest): Promise<void> {
  const { status, isValid, grant } = await client.checkFile({ ticket });
  checkStatus(status);
  if (!isValid || !grant) throw new S3Refusal("AccessDenied", "the link is none of this server, or its volume is gone");
  request.identified({ user: grant.user });
  const { volumeName, path } = fileOfRequest(request);
  const method = request.method === "HEAD" ? "GET" : request.method;
  if (method !== grant.method || volumeName !== grant.volumeName || path !== grant.path)
    throw new S3Refusal("AccessDenied", `the link is for ${grant.method} of one file, and no other request`);
  if (Number(grant.expiresMs) < Date.now())
    throw new S3Refusal("ExpiredToken", "the link has ended: ask for a new one");
  if (method !== "PUT" || grant.maxBytes === 0n || BigInt(lengthOf(request.headers)) <= grant.maxBytes) return;
  throw new StatusError(volumeCodes.tooLarge, `the link is for ${grant.maxBytes} bytes at most`);
}
