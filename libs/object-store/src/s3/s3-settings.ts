import { readFile } from "node:fs/promises";
import type { SettingsDefinition, SettingValues } from "@sluice/config";
import type { DescribedStorage, StorageValues } from "../storage.ts";
import type { S3Credentials, S3Options } from "./s3-options.ts";
import type { S3SourceOptions } from "./s3-source.ts";

/** Of the bucket of segments and the import bucket, which are one service. Without `s3` none of the others counts. */
export const s3Settings = {
  s3: {
    type: "string",
    placeholder: "url",
    description: "S3 service for files and segments, such as http://minio:9000",
  },
  s3Bucket: { type: "string", default: "sluice", description: "bucket of segments" },
  s3Prefix: { type: "string", default: "files", description: "what every key of a segment begins with" },
  s3Region: { type: "string", default: "us-east-1", description: "region of the S3 service" },
  s3AccessKey: {
    type: "string",
    secret: true,
    description: "access key of the S3 service; default: the AWS SDK's chain, such as the machine's role",
  },
  s3SecretKey: { type: "string", secret: true, description: "secret key of the S3 service" },
  s3PathStyle: { type: "boolean", default: true, description: "bucket in the path of a URL, not in its host" },
  s3Checksums: {
    type: "string",
    choices: ["crc32", "none"],
    default: "crc32",
    description: "checksum that the S3 service verifies what is written against",
  },
  s3Ca: { type: "string", placeholder: "file", description: "certificate authority of the S3 service, PEM" },
  importBucket: {
    type: "string",
    description: "bucket that paths of imports are keys of; default: the bucket of segments",
  },
} as const satisfies SettingsDefinition;

/** What a description holds: everything but the credentials. */
export type S3Place = Omit<S3Options, "credentials">;
/** As `S3Place`, of a source. */
export type S3SourcePlace = Omit<S3SourceOptions, "credentials">;

/** Connections of one store of one process or thread. */
const MAX_SOCKETS = 64;
/** The secret of the service that the settings name, for segments, import bucket and sources beside it. */
const OWN_SECRET = "s3";

/** Values that the settings give, typed; undefined when no service is given. */
export function s3Values(values: StorageValues): SettingValues<typeof s3Settings> | undefined {
  return values.s3 ? (values as SettingValues<typeof s3Settings>) : undefined;
}

/** The bucket of segments. @throws {Error} */
export async function s3Objects(values: StorageValues): Promise<DescribedStorage | undefined> {
  const given = s3Values(values);
  return given && described(await segmentPlace(given), ownCredentials(given));
}

/** The import bucket. @throws {Error} */
export async function s3ImportBucket(values: StorageValues): Promise<DescribedStorage | undefined> {
  const given = s3Values(values);
  return given && described(await importPlace(given), ownCredentials(given));
}

/** @param own credentials; without them the SDK looks for some in its chain */
export function described(options: S3SourcePlace, own: S3Credentials | undefined): DescribedStorage {
  const storage = { kind: "s3", options, ...(own && { secret: OWN_SECRET }) };
  return { storage, secrets: own ? { [OWN_SECRET]: own } : {} };
}

/** Where paths of imports lead. In the bucket of segments, those are none of their business. */
async function importPlace(given: SettingValues<typeof s3Settings>): Promise<S3SourcePlace> {
  const segments = await segmentPlace(given);
  return withReserved({ ...segments, bucket: given.importBucket ?? segments.bucket, prefix: "" }, segments);
}

/** The same place, with what of it belongs to the server. */
export function withReserved(place: S3Place, segments: S3Place): S3SourcePlace {
  const isSame = place.bucket === segments.bucket && place.endpoint === segments.endpoint;
  return isSame ? { ...place, reserved: segments.prefix } : place;
}

/** The bucket and folder of segments. @throws {Error} for certificates that cannot be read */
export async function segmentPlace(given: SettingValues<typeof s3Settings>): Promise<S3Place> {
  const caPem = await pem("s3-ca", given.s3Ca);
  return {
    endpoint: given.s3,
    bucket: given.s3Bucket,
    prefix: given.s3Prefix,
    region: given.s3Region,
    pathStyle: given.s3PathStyle,
    checksums: given.s3Checksums,
    maxSockets: MAX_SOCKETS,
    ...(caPem !== undefined && { caPem }),
  };
}

/** Undefined where the settings give none. @throws {Error} for one key without the other */
export function ownCredentials(given: SettingValues<typeof s3Settings>): S3Credentials | undefined {
  const { s3AccessKey: accessKeyId, s3SecretKey: secretAccessKey } = given;
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error("settings s3-access-key and s3-secret-key: give both or none");
  return { accessKeyId, secretAccessKey };
}

async function pem(name: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`setting ${name}: the file ${path} cannot be read: ${(error as Error).message}`);
  }
}
