import type { DescribedStorage, SourceUrl } from "../storage.ts";
import { checkS3Options, type S3Credentials } from "./s3-options.ts";
import {
  described,
  ownCredentials,
  type S3Place,
  type S3SourcePlace,
  s3Values,
  segmentPlace,
  withReserved,
} from "./s3-settings.ts";

/** How a source is written; the storage's part of `--source`. */
export const S3_SOURCE_FORM = "NAME=s3://BUCKET/FOLDER?endpoint=http://HOST:PORT&region=REGION&path-style=true";
const PARAMETERS = ["endpoint", "region", "path-style"];

/**
 * A further source of imports from its URL, `s3://BUCKET/FOLDER?endpoint=…&region=…&path-style=…`; folder and parameters may
 * be absent. Without an endpoint the bucket is on the server of the settings and, unless it has credentials of its own,
 * reached with the same ones. With an endpoint it has its own, or those of the SDK's default chain; path style is then the
 * default for all but AWS. Credentials stand in the environment: `SLUICE_SOURCE_<NAME>_ACCESS_KEY`, `_SECRET_KEY` and, if
 * need be, `_SESSION_TOKEN`; `-` in the name is `_`.
 * @throws {Error} for a URL that is none; it never repeats a secret
 */
export async function s3SourceOf({ name, url, env, values }: SourceUrl): Promise<DescribedStorage> {
  const given = s3Values(values);
  if (!given) throw new Error(`source "${name}": buckets need the setting s3`);
  checkUrl(name, url);
  const segments = await segmentPlace(given);
  const place = withReserved(placeOf(name, url, segments), segments);
  const own = credentialsOf(name, env);
  if (own)
    return { storage: { kind: "s3", options: place, secret: `source-${name}` }, secrets: { [`source-${name}`]: own } };
  return described(place, url.searchParams.has("endpoint") ? undefined : ownCredentials(given));
}

/** A place that files are exported into, by a URL as sources have them. @throws {Error} as `s3SourceOf`; where segments lie */
export async function s3ExportRootOf(root: SourceUrl): Promise<DescribedStorage | undefined> {
  if (root.url.protocol !== "s3:") return undefined;
  const described = await s3SourceOf(root);
  const { reserved, ...place } = described.storage.options as S3SourcePlace;
  if (reserved !== undefined && (isBelow(place.prefix, reserved) || isBelow(reserved, place.prefix)))
    throw new Error(`export root "${root.name}": segments lie there, below "${reserved}"; give a folder beside it`);
  return { ...described, storage: { ...described.storage, options: place } };
}

function isBelow(prefix: string, folder: string): boolean {
  return folder === "" || prefix === folder || prefix.startsWith(`${folder}/`);
}

function checkUrl(name: string, url: URL): void {
  if (url.host === "" || url.hash || url.username || url.password || url.port)
    throw new Error(`source "${name}": expected ${S3_SOURCE_FORM}, without user and password`);
  for (const key of url.searchParams.keys()) {
    if (!PARAMETERS.includes(key))
      throw new Error(`source "${name}": unknown parameter "${key}"; expected ${S3_SOURCE_FORM}`);
  }
}

function placeOf(name: string, url: URL, segments: S3Place): S3SourcePlace {
  const endpoint = url.searchParams.get("endpoint") ?? segments.endpoint;
  const isOther = url.searchParams.has("endpoint");
  const place = {
    ...segments,
    ...(endpoint !== undefined && { endpoint }),
    bucket: url.host,
    prefix: decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, ""),
    region: url.searchParams.get("region") ?? segments.region,
    pathStyle: pathStyleOf(url, isOther ? !isAws(endpoint ?? "") : segments.pathStyle),
  };
  checkPlace(name, place);
  return place;
}

function pathStyleOf(url: URL, byDefault: boolean): boolean {
  const text = url.searchParams.get("path-style");
  if (text === null) return byDefault;
  if (text !== "true" && text !== "false") throw new Error(`path-style must be true or false, got "${text}"`);
  return text === "true";
}

/**
 * Whether it is a host of AWS itself, China's regions among them; others take the bucket in the path unless told
 * otherwise.
 */
export function isAws(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(URL.parse(endpoint)?.hostname ?? "");
}

function credentialsOf(name: string, env: Readonly<Record<string, string | undefined>>): S3Credentials | undefined {
  const start = `SLUICE_SOURCE_${name.toUpperCase().replaceAll("-", "_")}`;
  const accessKeyId = env[`${start}_ACCESS_KEY`];
  const secretAccessKey = env[`${start}_SECRET_KEY`];
  const sessionToken = env[`${start}_SESSION_TOKEN`];
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (!accessKeyId || !secretAccessKey) {
    throw new Error(`source "${name}": set both ${start}_ACCESS_KEY and ${start}_SECRET_KEY, or neither`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function checkPlace(name: string, place: S3Place): void {
  try {
    checkS3Options(place);
  } catch (error) {
    throw new Error(`source "${name}": ${(error as Error).message}`, { cause: error });
  }
}
