import { createHash } from "node:crypto";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { openAgents } from "./s3-agents.ts";
import { DEFAULT_IDLE_MS, type S3Options } from "./s3-options.ts";

/** Without it the SDK writes to the console, such as when many calls wait for a connection, as the limit wants it. */
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The SDK's client, which makes each call once, leaves checksums to us and says nothing. */
export function openS3Client(options: S3Options): S3Client {
  const client = new S3Client(clientConfig(options));
  leaveRetriesToUs(client);
  if (options.checksums === "none") signDeletesByMd5(client);
  return client;
}

function clientConfig(options: S3Options): S3ClientConfig {
  const { endpoint, region, pathStyle, credentials, idleMs = DEFAULT_IDLE_MS } = options;
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials: { ...credentials } }),
    forcePathStyle: pathStyle,
    logger: quiet,
    // We give checksums ourselves, and ranges of an object have none to check.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: new NodeHttpHandler({
      ...openAgents(options),
      socketTimeout: idleMs,
      logger: quiet,
    }),
  };
}

/** The SDK's own retries know no offset and no patience, and wrap errors. Others are placed by the name, so it stays. */
function leaveRetriesToUs(client: S3Client): void {
  client.middlewareStack.add((next) => (args) => next(args), {
    name: "retryMiddleware",
    step: "finalizeRequest",
    priority: "high",
    override: true,
  });
}

/** Older stores want Content-MD5 where newer ones take any checksum. */
function signDeletesByMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === "DeleteObjectsCommand") {
          const headers = headersOf(args.request);
          for (const name of Object.keys(headers)) if (/^x-amz-(sdk-)?checksum-/i.test(name)) delete headers[name];
          const { body } = args.request as { body: string };
          headers["content-md5"] = createHash("md5").update(body).digest("base64");
        }
        return next(args);
      },
    { name: "deleteObjectsContentMd5", step: "build", priority: "low" },
  );
}

function headersOf(request: unknown): Record<string, string> {
  return (request as { headers: Record<string, string> }).headers;
}
