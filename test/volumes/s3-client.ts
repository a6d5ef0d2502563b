import { createHash, createHmac } from "node:crypto";
import { Agent, type RequestOptions, request } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";

/** What apply answers, as far as an uploader needs it. */
export interface Grant {
  readonly endpoint: string;
  readonly bucketName: string;
  readonly volumePrefix: string;
  readonly credentials: { readonly tmpAK: string; readonly tmpSK: string; readonly sessionToken: string };
}

/** One request to the gateway of uploads; signed by AWS's version 4. */
export interface S3Call {
  readonly method?: string;
  /** Key in the bucket, as it is; undefined for the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Said of the payload, instead of `UNSIGNED-PAYLOAD`. */
  readonly payload?: string;
  readonly date?: Date;
  /** Changes the request after it was signed. */
  readonly tamper?: (options: RequestOptions & { headers: Record<string, string> }) => void;
  /** Certificate to trust: speaks TLS. */
  readonly ca?: Buffer;
  /** What happens between the server's asking for the body of a request that waits for that, and the body. */
  readonly beforeBody?: () => Promise<void>;
}

/** What came back; the body as text. */
export interface S3Reply {
  readonly status: number;
  /** Of a request that waits to be asked for its body: whether it was. */
  readonly wasAsked: boolean;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** A request as S3 clients sign it. */
export function callS3(grant: Grant, call: S3Call): Promise<S3Reply> {
  const { method = "GET", key, query = {}, body = "", payload = "UNSIGNED-PAYLOAD", date = new Date(), ca } = call;
  const path = `/${grant.bucketName}${key === undefined ? "" : `/${key.split("/").map(encode).join("/")}`}`;
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const time = date.toISOString().replace(/[-:]|\.\d+/g, "");
  const headers: Record<string, string> = {
    host: grant.endpoint,
    "content-length": String(Buffer.byteLength(body)),
    "x-amz-date": time,
    "x-amz-content-sha256": payload,
    "x-amz-security-token": grant.credentials.sessionToken,
    ...call.headers,
  };
  const signed = Object.keys(headers).sort();
  const lines = signed.map((name) => `${name}:${headers[name]}\n`).join("");
  const canonical = [method, path, pairs.toSorted().join("&"), lines, signed.join(";"), payload].join("\n");
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const secret = `AWS4${grant.credentials.tmpSK}`;
  const signingKey = scope.split("/").reduce<string | Buffer>(hmac, secret) as Buffer;
  const signature = hmac(signingKey, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).toString("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${grant.credentials.tmpAK}/${scope}, SignedHeaders=${signed.join(";")}, Signature=${signature}`;
  const [host, port] = grant.endpoint.split(":");
  const options = { host, port, method, path: path + (pairs.length ? `?${pairs.join("&")}` : ""), headers, ca };
  call.tamper?.(options);
  return send(options, body, call.beforeBody);
}

/** Connections go on, as those of clients do: one that asked for its end would lose an early answer to a body that is refused. */
const agent = new Agent({ keepAlive: true });
const secureAgent = new SecureAgent({ keepAlive: true });

function send(
  options: RequestOptions & { ca?: Buffer | undefined },
  body: Uint8Array | string,
  beforeBody = async () => {},
): Promise<S3Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<S3Reply>();
  const isWaiting = options.headers !== undefined && "expect" in options.headers;
  let wasAsked = false;
  const sent = (options.ca ? secureRequest : request)(
    { ...options, agent: options.ca ? secureAgent : agent },
    (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () =>
        resolve({
          wasAsked,
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    },
  );
  sent.on("error", reject);
  sent.on("continue", () => {
    wasAsked = true;
    void beforeBody().then(() => sent.end(body), reject);
  });
  if (!isWaiting) sent.end(body);
  else sent.flushHeaders();
  return promise;
}

/** What stands in elements of a document. */
export function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) => text);
}
