import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { z } from "zod";

// Objects by their URLs, as Zilliz Cloud names the files of an import: what options.data_source and paths say in other words.

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

/** Files by URL and the credentials of their bucket, as Zilliz Cloud's imports name them; "" counts as absent. */
export const objectUrlMembers = {
  objectUrl: text,
  objectUrls: z
    .union([z.array(z.union([z.string(), z.array(z.string())])), z.literal("")])
    .nullish()
    .transform((urls) => urls || undefined),
  ...{ accessKey: text, secretKey: text, token: text },
};
type Body = z.infer<z.ZodObject<typeof objectUrlMembers>>;

/** Paths, and the options that say where they lie. */
export interface ObjectUrls {
  readonly groups: string[][];
  readonly options: { key: string; value: string }[];
}

interface ObjectPlace {
  /** Undefined: AWS, or, without credentials, what the server knows. */
  readonly address?: string;
  readonly region?: string;
  readonly bucket: string;
  readonly key: string;
}

/**
 * Without credentials `s3://BUCKET/KEY` is what it is as a path: a bucket that the server has.
 * @throws {StatusError} 1100 for what is no such URL, and for URLs of several buckets
 */
export function objectUrlsOf({ objectUrl, objectUrls, accessKey, secretKey, token }: Body): ObjectUrls {
  const lists = objectUrls?.map((urls) => [urls].flat()) ?? [[objectUrl ?? ""]];
  if (!accessKey && lists.flat().every((url) => url.startsWith("s3://"))) return { groups: lists, options: [] };
  const places = lists.map((urls) => urls.map(placeOf));
  const [first, ...others] = places.flat();
  if (!first) throw invalid("objectUrls names nothing");
  const { address, region, bucket } = first;
  if (others.some((place) => place.address !== address || place.bucket !== bucket))
    throw invalid("all objectUrls of an import are of one bucket: import from several by several jobs");
  const source = {
    ...{ type: "s3", bucket_name: bucket, ...(address && { address }), ...(region && { region }) },
    ...(accessKey && { accesskey_id: accessKey }),
    ...(secretKey && { accesskey_secret: secretKey }),
    ...(token && { session_token: token }),
  };
  const groups = places.map((list) => list.map(({ key }) => key));
  return { groups, options: [{ key: "data_source", value: JSON.stringify(source) }] };
}

/** Source: Amazon S3 User Guide, "Virtual hosting of buckets". Other servers have the bucket in the path. */
function placeOf(url: string): ObjectPlace {
  const parsed = URL.parse(url);
  const path = parsed ? decoded(parsed.pathname.slice(1)) : undefined;
  if (!parsed || path === undefined || parsed.username || parsed.password || parsed.search || parsed.hash)
    throw invalid(`"${excerpt(url, 300)}" is no URL of an object: s3://BUCKET/KEY or https://HOST/BUCKET/KEY`);
  if (parsed.protocol === "s3:") return { bucket: parsed.hostname, key: path };
  if (!/^https?:$/.test(parsed.protocol))
    throw invalid(`objects are not read by "${excerpt(parsed.protocol)}" URLs: use s3:// or https://`);
  const [, inHost, region] = /^(?:(.+)\.)?s3[.-]([a-z0-9-]+)\.amazonaws\.com$/.exec(parsed.hostname) ?? [];
  if (inHost !== undefined) return { region, bucket: inHost, key: path };
  const slash = path.indexOf("/");
  if (slash < 1) throw invalid(`"${excerpt(url, 300)}" names no object of a bucket: https://HOST/BUCKET/KEY`);
  const place = { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
  return region === undefined ? { ...place, address: parsed.origin } : { ...place, region };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function invalid(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, reason);
}
