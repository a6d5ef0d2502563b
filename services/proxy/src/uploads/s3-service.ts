import { ImportError, isExpected, StatusError, statusCodes, unexpectedReason } from "@sluice/errors";
import { isSigned, type S3Code, S3Refusal, volumeCodes } from "@sluice/volumes";
import type { RawService } from "./raw-service.ts";
import { refusalAnswer } from "./s3-answers.ts";
import { isUploadPath, parseS3Request } from "./s3-request.ts";
import type { UploadGateway } from "./upload-gateway.ts";

/** The bucket of volumes, for S3 clients. Whoever signs as they do is answered as they are, whatever the bucket. */
export function s3Service(gateway: UploadGateway): RawService {
  return {
    name: "uploads",
    matches: (_method, url, headers) => isUploadPath(url) || isSigned(headers),
    answer: async (request) => {
      if (!isUploadPath(request.url)) return gateway.refuseElsewhere(request);
      const { body, ...answer } = await gateway.answer(parseS3Request(request));
      return body === undefined ? answer : { ...answer, body, headers: { ...XML, ...answer.headers } };
    },
    refuse: (error, url, requestId) => {
      const refusal = refusalOf(error);
      const answer = refusalAnswer(refusal, url, requestId);
      const reason = `${refusal.code}: ${refusal.message}`;
      return { ...answer, headers: XML, reason, isUnexpected: refusal.code === "InternalError" };
    },
  };
}

const XML = { "content-type": "application/xml" };

/** Codes of the rootcoord in the words of S3. */
const codes: Readonly<Record<number, S3Code>> = {
  [volumeCodes.notFound]: "NoSuchBucket",
  [volumeCodes.invalidKind]: "AccessDenied",
  [volumeCodes.notRunning]: "AccessDenied",
  [volumeCodes.pathRefused]: "InvalidArgument",
  [volumeCodes.tooLarge]: "EntityTooLarge",
  [volumeCodes.uploadNotFound]: "NoSuchUpload",
  [volumeCodes.fileExists]: "PreconditionFailed",
  [volumeCodes.partMissing]: "InvalidPart",
  [statusCodes.notReady]: "SlowDown",
};

function refusalOf(error: unknown): S3Refusal {
  if (error instanceof S3Refusal) return error;
  if (error instanceof StatusError && codes[error.code]) return new S3Refusal(codes[error.code], error.message);
  if (error instanceof ImportError && error.code === "object_store_unavailable")
    return new S3Refusal("SlowDown", "the storage of this server is away: try again later");
  return new S3Refusal("InternalError", isExpected(error) ? error.message : unexpectedReason(error));
}
