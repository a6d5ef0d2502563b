import { isExpected, StatusError, unexpectedReason } from "@sluice/errors";
import { S3Refusal, volumeCodes } from "@sluice/volumes";
import type { RawAnswer, RawService } from "./raw-service.ts";

/** A service of REST whose bodies are too large to be held. Refusals have their HTTP status and REST's body. */
export function rawRest(service: Pick<RawService, "name" | "matches" | "answer">): RawService {
  return {
    ...service,
    refuse: (error) => {
      const { status, code, reason } = refusalOf(error);
      return { ...jsonAnswer(status, { code, message: reason }), reason, isUnexpected: status === 500 };
    },
  };
}

/** The body as JSON. */
export function jsonAnswer(status: number, body: object): RawAnswer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** A part of a path. @throws {S3Refusal} for one that is not percent-encoded UTF-8 */
export function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new S3Refusal("InvalidArgument", "the path is not UTF-8 in percent-encoding");
  }
}

/** What is hashed of a body, in the form of S3's. @throws {S3Refusal} */
export function payloadOf(header: string): string {
  const payload = header.toLowerCase() || "UNSIGNED-PAYLOAD";
  if (/^([0-9a-f]{64}|UNSIGNED-PAYLOAD)$/i.test(payload)) return payload;
  throw new S3Refusal("InvalidArgument", "x-content-sha256 is 64 hex digits");
}

const statuses: Readonly<Record<number, number>> = {
  [volumeCodes.notFound]: 404,
  [volumeCodes.notAuthorised]: 403,
  [volumeCodes.fileNotFound]: 404,
  [volumeCodes.uploadNotFound]: 404,
  [volumeCodes.fileExists]: 412,
  [volumeCodes.tooLarge]: 413,
  [volumeCodes.notRunning]: 409,
  416: 416,
};

function refusalOf(error: unknown): { readonly status: number; readonly code: number; readonly reason: string } {
  if (error instanceof S3Refusal) return { status: error.httpStatus, code: error.httpStatus, reason: error.message };
  if (error instanceof StatusError)
    return { status: statuses[error.code] ?? 400, code: error.code, reason: error.message };
  return {
    status: isExpected(error) ? 503 : 500,
    code: 500,
    reason: isExpected(error) ? error.message : unexpectedReason(error),
  };
}
