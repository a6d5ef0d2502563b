/** Where and how a bucket is reached; plain data, so that worker threads open the same. */
export interface S3Options {
  /** `http://host:port` or `https://host`, without user and path. Absent: AWS, by region. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  /** Folder of the store's objects in the bucket, without slashes around it; "" is the bucket's root. */
  readonly prefix: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
  readonly pathStyle: boolean;
  /** Absent: the SDK's default chain, which is environment, shared files, web identity, instance role. */
  readonly credentials?: S3Credentials;
  /**
   * How the server checks what we write. `crc32`: a CRC-32 of each object and part, the body itself unsigned. `none`, for
   * stores that do not know these: a signed SHA-256 of the body, which not all of them check, and Content-MD5 for deletes.
   * It costs more CPU.
   */
  readonly checksums: "crc32" | "none";
  /** Certificates in PEM form; `https` then trusts these alone. */
  readonly caPem?: string;
  /** Present: only public addresses are connected to, and those of these ranges (`ADDRESS/BITS`). */
  readonly reachable?: readonly string[];
  /** Connections at once, at least 1: as many for what moves bytes, and as many for the calls of the SDK. */
  readonly maxSockets: number;
  /** A connection on which nothing moves for so long is given up; at least 1. Default 20 000. */
  readonly idleMs?: number;
  /** How long a call that makes no progress is tried again before it fails. Default 60 000. */
  readonly patienceMs?: number;
}

/** See `S3Options.idleMs`. */
export const DEFAULT_IDLE_MS = 20_000;

/** Keys of one account, fixed or, with a session token, for a while. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** @throws {Error} for an endpoint that is none; the text never repeats a secret */
export function checkS3Options({ endpoint, bucket, prefix, maxSockets }: S3Options): void {
  if (bucket === "" || bucket.includes("/")) throw new Error(`invalid S3 bucket name ${JSON.stringify(bucket)}`);
  if (!(maxSockets >= 1)) throw new Error(`the number of S3 connections must be at least 1, got ${maxSockets}`);
  if (prefix.startsWith("/") || prefix.endsWith("/"))
    throw new Error(`the S3 prefix "${prefix}" has slashes around it`);
  if (endpoint !== undefined) checkEndpoint(endpoint);
}

function checkEndpoint(endpoint: string): void {
  const url = URL.parse(endpoint);
  if (url?.username || url?.password) {
    throw new Error(`the S3 endpoint of ${url.host} holds a user or password; credentials are settings of their own`);
  }
  const isPlain = url && /^https?:$/.test(url.protocol) && /^\/?$/.test(url.pathname) && !url.search && !url.hash;
  if (!isPlain) {
    const given = url ? "it has another scheme, or a path" : "it is no URL";
    throw new Error(`invalid S3 endpoint: expected http://host:port or https://host, ${given}`);
  }
}
