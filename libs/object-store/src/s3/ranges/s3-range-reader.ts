import type { S3Client } from "@aws-sdk/client-s3";
import type { ByteRange } from "../../object-store.ts";
import { socketOpener } from "../s3-agents.ts";
import { ObjectChanged, S3Unsupported } from "../s3-errors.ts";
import { DEFAULT_IDLE_MS, type S3Credentials, type S3Options } from "../s3-options.ts";
import type { BodySink } from "./http-connection.ts";
import { HttpConnections } from "./http-connections.ts";
import type { HttpHead } from "./http-head.ts";
import { S3AnswerError } from "./s3-answer-error.ts";
import { findTarget, type S3Target } from "./s3-target.ts";
import { amzDate, EMPTY_SHA256, encodedKey, SigV4Signer } from "./sigv4.ts";

/** What is kept of an error's body. */
const errorBytes = 64 << 10;
/** Clocks that differ by more are told by what the server says: it refuses signatures from 15 minutes on. */
const skewMs = 5 * 60_000;

/** An answer to a ranged GET. */
export interface S3Part {
  /** Of the whole object. */
  readonly totalBytes: number;
  readonly etag: string;
}

/** One object's bytes of a range, at one ETag; "" is any. */
export interface S3RangeRequest {
  readonly key: string;
  readonly range: ByteRange;
  readonly etag: string;
}

/**
 * Ranges of objects of one bucket, straight into memory. Each request is made once; endpoint and credentials are the SDK's,
 * redirects are errors. By the SDK a gigabyte costs five times the CPU.
 */
export class S3RangeReader {
  readonly #client: S3Client;
  readonly #options: S3Options;
  #opened: Promise<Opened> | undefined;

  constructor(client: S3Client, options: S3Options) {
    this.#client = client;
    this.#options = options;
  }

  close(): void {
    this.#opened?.then(
      ({ connections }) => connections.close(),
      () => {},
    );
  }

  /**
   * Reads a part from `range.start` on, at most to `range.end`. Resolves to false when the object ends before it.
   * @param begin told of the answer before its body; returns where the body goes
   * @throws {ObjectChanged} the object has another ETag; {S3Unsupported} the server does not give ranges; errors of answers and
   *   sockets, with their codes; the signal's reason
   */
  async read(request: S3RangeRequest, begin: (part: S3Part) => BodySink, signal: AbortSignal): Promise<boolean> {
    const { target, signer, connections } = await this.#open();
    signal.throwIfAborted();
    const text = requestText(target, signer, request, await this.#client.config.credentials(), this.#nowMs());
    let failed: { readonly head: HttpHead; readonly text: ErrorText } | undefined;
    await connections.get(
      text,
      (head) => {
        if (head.status === 200 || head.status === 206) return begin(partOf(head, request.range));
        failed = { head, text: new ErrorText() };
        return failed.text;
      },
      signal,
    );
    if (!failed) return true;
    const error = new S3AnswerError(failed.head, failed.text.toString());
    this.#learnTime(failed.head);
    if (failed.head.status === 416 || error.Code === "InvalidRange") return false;
    throw failed.head.status === 412 ? new ObjectChanged("the object has changed") : error;
  }

  /** Once it has succeeded, the same for all. */
  #open(): Promise<Opened> {
    this.#opened ??= open(this.#client, this.#options).catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** The server's time, as far as it is known: the SDK learns it, too, and both use the same offset. */
  #nowMs(): number {
    return Date.now() + this.#client.config.systemClockOffset;
  }

  #learnTime({ headers }: HttpHead): void {
    const serverMs = Date.parse(headers.get("date") ?? "");
    if (Math.abs(serverMs - this.#nowMs()) >= skewMs) this.#client.config.systemClockOffset = serverMs - Date.now();
  }
}

interface Opened {
  readonly target: S3Target;
  readonly signer: SigV4Signer;
  readonly connections: HttpConnections;
}

async function open(client: S3Client, options: S3Options): Promise<Opened> {
  const target = await findTarget(client, options.bucket, options.region);
  const place = { open: socketOpener(options, target), idleMs: options.idleMs ?? DEFAULT_IDLE_MS };
  const connections = new HttpConnections(place, options.maxSockets);
  return { target, signer: new SigV4Signer(target.region, target.service), connections };
}

function requestText(
  { host, folder }: S3Target,
  signer: SigV4Signer,
  { key, range, etag }: S3RangeRequest,
  credentials: S3Credentials,
  nowMs: number,
): string {
  const path = folder + encodedKey(key);
  const headers: Record<string, string> = {
    host,
    range: `bytes=${range.start}-${range.end - 1}`,
    "user-agent": "sluice",
    "x-amz-content-sha256": EMPTY_SHA256,
    "x-amz-date": amzDate(nowMs),
    ...(etag !== "" && { "if-match": `"${etag}"` }),
    ...(credentials.sessionToken && { "x-amz-security-token": credentials.sessionToken }),
  };
  const authorization = signer.authorization({ method: "GET", path, query: "", headers }, credentials);
  const lines = Object.entries({ ...headers, authorization }).map(([name, value]) => `${name}: ${plain(name, value)}`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** What a server or a file of credentials gave must not begin another line. */
function plain(name: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  throw new S3Unsupported(`the header ${name} would hold characters that no header may have`);
}

function partOf({ headers, framing }: HttpHead, range: ByteRange): S3Part {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
  // The whole object, which some servers give for a range that covers it, and for an empty object.
  const first = Number(start ?? 0);
  const totalBytes = Number(total ?? framing);
  if (Number.isNaN(totalBytes)) throw new S3Unsupported("the server does not say how long the object is");
  const isEmptyThere = start === undefined && totalBytes <= range.start;
  if (first !== range.start && !isEmptyThere)
    throw new S3Unsupported(`the server does not give ranges: asked for byte ${range.start}, got byte ${first}`);
  return { totalBytes, etag: (headers.get("etag") ?? "").replace(/^"|"$/g, "") };
}

/** The beginning of an error's body. */
class ErrorText implements BodySink {
  readonly #bytes = Buffer.allocUnsafe(errorBytes);
  #length = 0;

  room(): Uint8Array {
    return this.#bytes.subarray(this.#length);
  }

  wrote(bytes: number): void {
    this.#length += bytes;
  }

  toString(): string {
    return this.#bytes.toString("utf8", 0, this.#length);
  }
}
