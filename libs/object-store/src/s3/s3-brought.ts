import { ImportError } from "@sluice/errors";
import type { AllowedEndpoints } from "../sources/allowed-endpoints.ts";
import type { AskedSource, DescribedStorage, StorageValues } from "../storage.ts";
import { checkS3Options, type S3Credentials } from "./s3-options.ts";
import { type S3Place, type S3SourcePlace, s3Values, segmentPlace, withReserved } from "./s3-settings.ts";
import { isAws } from "./s3-source-url.ts";

/** Connections of one job's source in one process or thread. */
const MAX_SOCKETS = 32;
/** The name of its credentials among those of a task. */
const SECRET = "data-source";

/**
 * A bucket that a job brings, with credentials of its own. Those of this server are never used for it: who may import is not
 * who may read whatever the server can.
 * @throws {ImportError} `request_invalid`, `path_refused` for a server that no setting lists
 */
export async function s3BroughtOf(
  asked: AskedSource,
  values: StorageValues,
  allowed: AllowedEndpoints,
): Promise<DescribedStorage> {
  const credentials = credentialsOf(asked);
  if (asked.bucket === undefined) throw invalid("bucket_name is missing");
  // No name of a bucket is more; an ARN would lead the SDK to another server.
  if (!/^[a-z0-9][a-z0-9._-]{0,254}$/i.test(asked.bucket)) throw invalid("bucket_name must be the name of a bucket");
  const given = s3Values(values);
  const segments = given && (await segmentPlace(given));
  const endpoint = endpointOf(asked, segments);
  const isOwn = segments !== undefined && originOf(endpoint) === originOf(segments.endpoint);
  if (!isOwn) checkAllowed(endpoint ?? awsEndpoint(asked), allowed);
  const place: S3Place = {
    ...(endpoint !== undefined && { endpoint }),
    ...{ bucket: asked.bucket, prefix: "", checksums: "crc32", maxSockets: MAX_SOCKETS },
    region: asked.region ?? (isOwn ? segments.region : "us-east-1"),
    pathStyle: asked.pathStyle ?? (isOwn ? segments.pathStyle : endpoint !== undefined && !isAws(endpoint)),
    ...(isOwn ? segments.caPem !== undefined && { caPem: segments.caPem } : { reachable: allowed.ranges }),
  };
  checkPlace(place);
  const options: S3SourcePlace = isOwn ? withReserved(place, segments) : place;
  return { storage: { kind: "s3", options, secret: SECRET }, secrets: { [SECRET]: credentials } };
}

function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: AskedSource): S3Credentials {
  if (!accessKeyId || !secretAccessKey)
    throw invalid("accesskey_id and accesskey_secret: give both; the server's own credentials are for its own sources");
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function endpointOf(
  { type, address, useSsl = type === "s3" }: AskedSource,
  own: S3Place | undefined,
): string | undefined {
  if (address === undefined && own?.endpoint !== undefined) return own.endpoint;
  if (address === undefined && type === "s3") return undefined;
  if (address === undefined) throw invalid("address is missing: HOST:PORT of the store");
  const url = URL.parse(address.includes("://") ? address : `${useSsl ? "https" : "http"}://${address}`);
  // What is wrong with it may be a password in it, so it is not repeated.
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash ||
    url.pathname !== "/"
  )
    throw invalid("address must be HOST:PORT, http://HOST:PORT or https://HOST, and nothing else");
  return url.origin;
}

function awsEndpoint({ region = "us-east-1" }: AskedSource): string {
  if (!/^[a-z0-9-]+$/.test(region)) throw invalid("region must be the name of one, such as eu-central-1");
  return `https://s3.${region}.amazonaws.com`;
}

function originOf(endpoint: string | undefined): string | undefined {
  return endpoint === undefined ? undefined : URL.parse(endpoint)?.origin;
}

function checkAllowed(endpoint: string, allowed: AllowedEndpoints): void {
  const url = new URL(endpoint);
  if (allowed.has(url)) return;
  const reason = `options.data_source: this server connects to no "${url.host}"; its setting --data-source-endpoint lists the stores that imports may name`;
  throw new ImportError("path_refused", reason);
}

function checkPlace(place: S3Place): void {
  try {
    checkS3Options(place);
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", `options.data_source: ${reason}`);
}
