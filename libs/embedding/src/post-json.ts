import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { excerpt } from "@sluice/errors";
import { AddressRefused, type ReachableAddresses } from "@sluice/object-store";

/** Of an answer that is no vectors so much is read, and repeated. */
const MAX_REASON_BYTES = 4096;
const SHOWN_CHARACTERS = 300;

/** Why there are no vectors. */
export class PostRefused extends Error {
  /** It may pass: the same may be asked again. */
  readonly passes: boolean;
  /** 0 where nothing was answered. */
  readonly status: number;
  /** How long the server asks to be left alone; 0 where it does not say. */
  readonly restMs: number;
  constructor(
    reason: string,
    { passes, status = 0, restMs = 0 }: { passes: boolean; status?: number; restMs?: number },
  ) {
    super(reason);
    this.passes = passes;
    this.status = status;
    this.restMs = restMs;
  }
}

/** One request, and how much of an answer is taken. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Longer answers are no vectors that were asked for. */
  readonly maxAnswerBytes: number;
  readonly timeoutMs: number;
  /** What is repeated of an answer goes through it before it is cut: half a key is too much, too. */
  readonly hide: (text: string) => string;
}

/** Posts JSON on connections that are kept. Where an answer leads elsewhere nobody goes. */
export class JsonPoster {
  readonly #addresses: ReachableAddresses;
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });

  /** @param addresses which may be connected to */
  constructor(addresses: ReachableAddresses) {
    this.#addresses = addresses;
  }

  /** What is answered, from its JSON. @throws {PostRefused} */
  async post({ url, headers, body, maxAnswerBytes, timeoutMs, hide }: Post, signal: AbortSignal): Promise<unknown> {
    const text = JSON.stringify(body);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const answer = await this.#send(url, headers, text, limit);
      const isVectors = answer.statusCode === 200;
      const bytes = await read(answer, isVectors ? maxAnswerBytes : MAX_REASON_BYTES, isVectors);
      if (!isVectors) throw refusedBy(answer, hide(bytes.toString("utf8")));
      return parse(bytes, hide);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PostRefused) throw error;
      if (error instanceof AddressRefused) throw new PostRefused(error.message, { passes: false });
      if (limit.aborted) throw new PostRefused(`no answer within ${timeoutMs / 1000} s`, { passes: true });
      throw new PostRefused(`no answer: ${(error as Error).message || (error as { code?: string }).code}`, {
        passes: true,
      });
    }
  }

  #send(url: string, headers: Post["headers"], text: string, signal: AbortSignal): Promise<IncomingMessage> {
    const isTls = url.startsWith("https:");
    // An address in the URL is resolved by nobody.
    this.#addresses.check(new URL(url).hostname);
    return new Promise((resolve, reject) => {
      const sent = (isTls ? requestHttps : requestHttp)(url, {
        ...{ method: "POST", agent: isTls ? this.#https : this.#http, signal, lookup: this.#addresses.lookup },
        headers: { ...headers, "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) },
      });
      sent.on("error", reject);
      // All that is heard of an answer of HTTP 101, which hands the connection to another protocol.
      sent.once("close", () => reject(new Error("the connection ended without one")));
      sent.once("response", resolve);
      sent.end(text);
    });
  }
}

async function read(answer: IncomingMessage, limit: number, isWhole: boolean): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length;
    if (length <= limit) parts.push(part);
    else if (isWhole) throw new PostRefused(`the answer has more than ${limit} bytes`, { passes: false, status: 200 });
    else break;
  }
  return Buffer.concat(parts);
}

function parse(bytes: Buffer, hide: Post["hide"]): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new PostRefused(`the answer is no JSON: ${excerpt(hide(bytes.toString("utf8")))}`, {
      passes: false,
      status: 200,
    });
  }
}

function refusedBy({ statusCode: status = 0, headers }: IncomingMessage, text: string): PostRefused {
  const passes = status === 429 || status === 408 || status >= 500;
  const said = excerpt(text.replace(/\s+/g, " ").trim(), SHOWN_CHARACTERS);
  return new PostRefused(`HTTP ${status}${said && `: ${said}`}`, {
    ...{ passes, status },
    restMs: restOf(headers["retry-after"]),
  });
}

/** Seconds, or a date. */
function restOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const ms = /^\d+(\.\d+)?$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
