import type { S3Client } from "@aws-sdk/client-s3";
import { socketOpener } from "../s3-agents.ts";
import { S3Unsupported } from "../s3-errors.ts";
import { DEFAULT_IDLE_MS, type S3Credentials, type S3Options } from "../s3-options.ts";
import type { BodySink, HttpRequest } from "./http-connection.ts";
import { HttpConnections } from "./http-connections.ts";
import type { HttpHead } from "./http-head.ts";
import { S3AnswerError } from "./s3-answer-error.ts";
import { findTarget, type S3Target } from "./s3-target.ts";
import { amzDate, encodedKey, SigV4Signer } from "./sigv4.ts";

/** What is kept of an error's body. */
const errorBytes = 64 << 10;
/** Clocks that differ by more are told by what the server says: it refuses signatures from 15 minutes on. */
const skewMs = 5 * 60_000;

/** A request for one object. */
export interface S3Request {
  readonly method: "GET" | "PUT";
  /** Whole, as it is. */
  readonly key: string;
  /** As in `SignableRequest`. */
  readonly query?: string;
  /** By names in lower case, besides those that every request has. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hex, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
  /** In pieces, which must not change before the answer. */
  readonly body?: readonly Uint8Array[];
}

/**
 * Requests to one bucket without the SDK, for what moves bytes: bodies go from and to the memory of the caller, which by the
 * SDK costs up to ten times the CPU. Each request is made once; endpoint, credentials and clock are the SDK's, redirects are
 * errors.
 */
export class S3DirectClient {
  readonly #client: S3Client;
  readonly #options: S3Options;
  #opened: Promise<Opened> | undefined;

  constructor(client: S3Client, options: S3Options) {
    this.#client = client;
    this.#options = options;
  }

  /** Closes its connections, if it has opened any; never throws. */
  close(): void {
    this.#opened?.then(
      ({ connections }) => connections.close(),
      () => {},
    );
  }

  /**
   * Resolves to the head of an answer that is no error, when its body has come.
   * @param begin told of that head before the body; returns where the body goes
   * @throws {S3AnswerError} for other answers; {S3Unsupported} for buckets that cannot be asked so; errors of sockets, with
   *   their codes; what `begin` throws; the signal's reason
   */
  async send(request: S3Request, begin: (head: HttpHead) => BodySink, signal: AbortSignal): Promise<HttpHead> {
    const { target, signer, connections } = await this.#open();
    signal.throwIfAborted();
    const signed = signedRequest(target, signer, request, await this.#client.config.credentials(), this.#nowMs());
    let error: ErrorText | undefined;
    const head = await connections.send(
      signed,
      (head) => {
        if (head.status === 200 || head.status === 206) return begin(head);
        error = new ErrorText();
        return error;
      },
      signal,
    );
    this.#learnTime(head);
    if (error) throw new S3AnswerError(head, error.toString());
    return head;
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

function signedRequest(
  { host, folder }: S3Target,
  signer: SigV4Signer,
  { method, key, query = "", headers: more, payload, body }: S3Request,
  credentials: S3Credentials,
  nowMs: number,
): HttpRequest {
  const path = folder + encodedKey(key);
  const headers = {
    ...{ host, ...more, "x-amz-content-sha256": payload, "x-amz-date": amzDate(nowMs) },
    ...(credentials.sessionToken && { "x-amz-security-token": credentials.sessionToken }),
  };
  const authorization = signer.authorization({ method, path, query, headers }, credentials);
  // Proxies may give their own name, so it is not signed.
  const all = Object.entries({ ...headers, authorization, "user-agent": "sluice" });
  const lines = all.map(([name, value]) => `${name}: ${plain(name, value)}\r\n`).join("");
  return { head: `${method} ${path}${query && `?${query}`} HTTP/1.1\r\n${lines}\r\n`, body };
}

/** What a server or a file of credentials gave must not begin another line. */
function plain(name: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  throw new S3Unsupported(`the header ${name} would hold characters that no header may have`);
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
