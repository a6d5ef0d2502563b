import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { S3Unsupported } from "../s3-errors.ts";

/** How objects of one bucket are asked for, as the SDK would: its rules know all regions, partitions, hosts and settings. */
export interface S3Target {
  readonly isTls: boolean;
  readonly hostname: string;
  readonly port: number;
  /** As the header `host` has it. */
  readonly host: string;
  /** Of the path, before an object's key; with a slash at its end. */
  readonly folder: string;
  /** Which signatures are for. */
  readonly region: string;
  readonly service: string;
}

/** What of the SDK's request and its context is used. */
interface Prepared {
  readonly request: {
    readonly protocol: string;
    readonly hostname: string;
    readonly port?: number;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly context: {
    readonly endpointV2?: { readonly properties?: { readonly authSchemes?: readonly AuthScheme[] } };
  };
}

interface AuthScheme {
  readonly name: string;
  readonly signingName?: string;
  readonly signingRegion?: string;
}

const ANY_KEY = "k";

/**
 * Has the SDK prepare a request, and takes it from there.
 * @throws {S3Unsupported} for buckets that want another signature; errors of the SDK, such as for credentials that are missing
 */
export async function findTarget(client: S3Client, bucket: string, region: string): Promise<S3Target> {
  const { request, context } = await prepared(client, bucket);
  const [scheme] = context.endpointV2?.properties?.authSchemes ?? [];
  if (scheme && scheme.name !== "sigv4") {
    throw new S3Unsupported(
      `the bucket "${bucket}" wants the signature ${scheme.name}; only buckets of one region, not of one zone or several, are read`,
    );
  }
  const isTls = request.protocol === "https:";
  return {
    ...{ isTls, hostname: request.hostname, port: request.port ?? (isTls ? 443 : 80), host: request.headers.host },
    folder: request.path.slice(0, -ANY_KEY.length),
    region: scheme?.signingRegion ?? region,
    service: scheme?.signingName ?? "s3",
  };
}

async function prepared(client: S3Client, bucket: string): Promise<Prepared> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: ANY_KEY });
  command.middlewareStack.add(
    (_next, context) =>
      async ({ request }) =>
        ({ output: { request, context } }) as never,
    {
      name: "takeRequest",
      step: "build",
      priority: "low",
    },
  );
  return (await client.send(command)) as unknown as Prepared;
}
