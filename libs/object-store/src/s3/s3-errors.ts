import { ImportError } from "@sluice/errors";
import { AddressRefused } from "../sources/reachable-addresses.ts";
import type { S3Options } from "./s3-options.ts";

/** What was tried, for messages. */
export interface S3Operation {
  /** Such as `write object "a/b"`. */
  readonly doing: string;
  /** The permission that it needs. */
  readonly action: string;
  /** The object that must exist, where its absence is `file_not_found`. */
  readonly reads?: string;
}

/** What of an SDK's or socket's error decides and explains; no request, no headers: those hold signatures. */
interface S3Failure {
  /** Code of the S3 error, of the socket, or the error's name. */
  readonly code: string;
  readonly status: number | undefined;
  readonly message: string;
  readonly requestId: string | undefined;
  /** Region of the bucket, where the server told it. */
  readonly region: string | undefined;
}

/** An object is not the one that was expected; reads begin again or give up. */
export class ObjectChanged extends Error {}

/** A store cannot do what we need. No repetition helps. */
export class S3Unsupported extends Error {}

/** Codes of requests that another try may well answer, though their status says otherwise. */
const transientCodes = new Set([
  ...["RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"],
  ...["BadDigest", "IncompleteBody", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "OperationAborted"],
]);

/** Names of errors that carry no code: ours or the SDK's own defects, which no repetition cures. */
const bareNames = /^(Unknown|Type|Range|Syntax|Reference)?Error$/;
const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/;

/** Of what the SDK or the direct client has thrown; `UnknownError` where neither server nor system gave a code. */
export function failureOf(error: unknown): S3Failure {
  const { name, message, code, Code, $metadata, $response } = error as {
    name?: string;
    message?: string;
    code?: unknown;
    Code?: unknown;
    $metadata?: { httpStatusCode?: number; requestId?: string };
    $response?: { statusCode?: number; headers?: Record<string, string> };
  };
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  const named = [Code, code, name].find((value) => typeof value === "string" && value !== "" && value !== "Unknown");
  return {
    code: String(named ?? "UnknownError"),
    status,
    message: message ?? "",
    requestId: $metadata?.requestId,
    region: $response?.headers?.["x-amz-bucket-region"],
  };
}

/** What a server answered for one key of many, as if it had answered so for the call. */
export function deleteFailure({ key, code, message }: { key: string; code: string; message: string }): Error {
  const httpStatusCode = code === "AccessDenied" ? 403 : 503;
  return Object.assign(new Error(`object "${key}": ${message}`), { Code: code, $metadata: { httpStatusCode } });
}

/** Whether the same call may well succeed a little later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ImportError || error instanceof ObjectChanged || error instanceof S3Unsupported) return false;
  if (error instanceof AddressRefused) return false;
  const { code, status } = failureOf(error);
  if (transientCodes.has(code)) return true;
  if (code === "NotImplemented" || code === "CredentialsProviderError" || tlsCodes.test(code)) return false;
  // Without a status the connection failed, which has a code of its own; with a good one the answer broke off.
  if (status === undefined) return !bareNames.test(code);
  return status === 429 || status >= 500 || status < 300;
}

/**
 * An error of the SDK in the words of the port: missing objects and buckets, credentials, region, names and certificates
 * each with what to do. Errors that are ours already pass unchanged.
 */
export function s3Error(error: unknown, operation: S3Operation, options: S3Options): unknown {
  if (error instanceof ImportError) return error;
  if (error instanceof AddressRefused) return new ImportError("path_refused", error.message);
  if (error instanceof ObjectChanged || error instanceof S3Unsupported) {
    return new ImportError("object_store_refused", `cannot ${operation.doing}: ${error.message}`);
  }
  const failure = failureOf(error);
  const cause = slimCause(error, failure);
  if (operation.reads !== undefined && isMissing(failure)) {
    return new ImportError("file_not_found", `cannot read "${operation.reads}": it does not exist`, undefined, {
      cause,
    });
  }
  const reason = `cannot ${operation.doing}: ${explain(failure, operation, options)} (${shortCode(failure)})`;
  const code = isTransient(error) ? "object_store_unavailable" : "object_store_refused";
  return new ImportError(code, reason, undefined, { cause });
}

/** There is no such key. A HEAD tells it by the status alone, which may mean the bucket, too. */
export function isMissing({ code, status }: S3Failure): boolean {
  return code === "NoSuchKey" || code === "NotFound" || (status === 404 && code === "UnknownError");
}

/** The error without request and response, which would carry signatures into logs. */
function slimCause(error: unknown, { code, status, message, requestId }: S3Failure): Error {
  const id = requestId === undefined ? "" : `, request ${requestId}`;
  const cause = new Error(`${code}${status === undefined ? "" : ` (HTTP ${status}${id})`}: ${message}`);
  if (error instanceof Error && error.stack) cause.stack = error.stack;
  return cause;
}

function shortCode({ code, status }: S3Failure): string {
  return status === undefined ? code : `${code}, HTTP ${status}`;
}

function explain(failure: S3Failure, { action }: S3Operation, options: S3Options): string {
  const { bucket, region } = options;
  const server = options.endpoint ?? "AWS S3";
  switch (failure.code) {
    case "NoSuchBucket":
      return `the bucket "${bucket}" does not exist at ${server}; create it, or correct the bucket's name`;
    case "InvalidAccessKeyId":
    case "XAdminUserNotFound": // versitygw
      return `${server} does not know the access key; check the access key of the bucket "${bucket}"`;
    case "SignatureDoesNotMatch":
      return `${server} refused the signature: check the secret key of the bucket "${bucket}"`;
    case "ExpiredToken":
    case "InvalidToken":
    case "TokenRefreshRequired":
      return `the session token for the bucket "${bucket}" is expired or invalid; give new credentials`;
    case "CredentialsProviderError":
      return `no credentials found for the bucket "${bucket}"; give an access key and a secret key, or a role`;
    case "PermanentRedirect":
    case "TemporaryRedirect":
    case "AuthorizationHeaderMalformed":
    case "IllegalLocationConstraintException":
    case "301":
      return `the bucket "${bucket}" is not in the region "${region}"; ${
        failure.region ? `it is in "${failure.region}"` : "correct the region or the endpoint"
      }`;
    case "RequestTimeTooSkewed":
      return `the clocks of this machine and of ${server} differ too much; set the time`;
    case "NotImplemented":
      return `${server} does not support the call; checksums may be turned off by the setting`;
    default:
      return isDenied(failure)
        ? `${server} denied access; the credentials need ${action} on the bucket "${bucket}"`
        : explainConnection(failure, server, options);
  }
}

function isDenied({ code, status }: S3Failure): boolean {
  return code === "AccessDenied" || code === "AllAccessDisabled" || code === "Forbidden" || status === 403;
}

function explainConnection(failure: S3Failure, server: string, { bucket, pathStyle }: S3Options): string {
  const { code, status, message } = failure;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const hint = pathStyle ? "" : `, which stands behind "${bucket}." here: path style may be what the server needs`;
    return `the name of ${server} cannot be resolved; check the endpoint${hint}`;
  }
  if (code === "ECONNREFUSED") return `nothing listens at ${server}`;
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) {
    return `${server} does not speak TLS, or not this version of it; check http or https in the endpoint`;
  }
  if (tlsCodes.test(code)) {
    return `the certificate of ${server} is not trusted: ${message}; give its authority's certificate`;
  }
  if (code === "TimeoutError" || code === "ETIMEDOUT") return `${server} does not answer`;
  if (status === undefined) return `the connection to ${server} failed: ${message}`;
  return `${server} answered: ${message}`;
}
