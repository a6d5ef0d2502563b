import { checkS3Options, type S3Credentials, type S3Options } from "./s3-options.ts";
import type { NamedS3Source } from "./s3-source-store.ts";

const form = "NAME=s3://BUCKET/FOLDER?endpoint=http://HOST:PORT&region=REGION&path-style=true";
const parameters = ["endpoint", "region", "path-style"];
/** Schemes that mean something else to somebody. */
const takenNames = ["s3", "s3a", "s3n", "file", "http", "https"];

/**
 * A further source of imports from its text, `NAME=s3://BUCKET/FOLDER?endpoint=…&region=…&path-style=…`; folder and
 * parameters may be absent. Without an endpoint the bucket is on the server of `importBucket` and, unless it has credentials
 * of its own, reached with the same ones. With an endpoint it has its own, or those of the SDK's default chain; path style
 * is then the default for all but AWS.
 * @param env has `SLUICE_SOURCE_<NAME>_ACCESS_KEY`, `_SECRET_KEY` and, if need be, `_SESSION_TOKEN`; `-` in the name is `_`
 * @throws {Error} for a text that is none; it never repeats a secret
 */
export function parseS3Source(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  importBucket: S3Options,
): NamedS3Source {
  const [, name, address] = /^([a-z][a-z0-9-]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new Error(`a source must have the form ${form}, its name in lower case`);
  if (takenNames.includes(name)) throw new Error(`"${name}" cannot be the name of a source: it is a scheme of URLs`);
  const url = URL.parse(address);
  if (url?.protocol !== "s3:" || url.host === "" || url.hash || url.username || url.password || url.port) {
    throw new Error(`source "${name}": expected ${form}, without user and password`);
  }
  for (const key of url.searchParams.keys()) {
    if (!parameters.includes(key)) throw new Error(`source "${name}": unknown parameter "${key}"; expected ${form}`);
  }
  const options = sourceOptions(url, importBucket, credentialsOf(name, env));
  checkSource(name, options);
  return { name, options };
}

function sourceOptions(url: URL, importBucket: S3Options, own: S3Credentials | undefined): S3Options {
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  const { credentials: theirs, endpoint: theirEndpoint, ...shared } = importBucket;
  const credentials = own ?? (endpoint === undefined ? theirs : undefined);
  const at = endpoint ?? theirEndpoint;
  return {
    ...shared,
    ...(at !== undefined && { endpoint: at }),
    ...(credentials && { credentials }),
    bucket: url.host,
    prefix: decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, ""),
    region: url.searchParams.get("region") ?? importBucket.region,
    pathStyle: pathStyleOf(url, endpoint === undefined ? importBucket.pathStyle : !isAws(endpoint)),
  };
}

function pathStyleOf(url: URL, byDefault: boolean): boolean {
  const text = url.searchParams.get("path-style");
  if (text === null) return byDefault;
  if (text !== "true" && text !== "false") throw new Error(`path-style must be true or false, got "${text}"`);
  return text === "true";
}

function isAws(endpoint: string): boolean {
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

function checkSource(name: string, options: S3Options): void {
  try {
    checkS3Options(options);
  } catch (error) {
    throw new Error(`source "${name}": ${(error as Error).message}`, { cause: error });
  }
}
