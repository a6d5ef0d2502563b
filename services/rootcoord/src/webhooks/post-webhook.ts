import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { ReachableAddresses } from "@sluice/object-store";
import type { WebhookMessage } from "./webhook-message.ts";

/** Receivers take a message and answer; what they do with it takes its own time. */
const TIMEOUT_MS = 10_000;

/** The answer of a receiver that does not take a message. */
export class WebhookRefused extends Error {
  /** The receiver is gone for good, and says so. */
  readonly isFinal: boolean;
  constructor(status: number) {
    super(`the receiver answered HTTP ${status}`);
    this.isFinal = status === 410;
  }
}

/**
 * Sends a message, on a connection of its own. Answers are not read, and where they lead elsewhere nobody goes.
 * @param addresses which may be connected to; undefined: all
 * @throws {WebhookRefused} for any answer but HTTP 2xx; {Error} when there is none
 */
export function postWebhook(
  url: string,
  { headers, body }: WebhookMessage,
  addresses: ReachableAddresses | undefined,
  signal: AbortSignal,
): Promise<void> {
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      ...{ method: "POST", agent: false, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) },
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      ...(addresses && { lookup: addresses.lookup }),
    });
    sent.on("error", (error) => reject(signal.aborted ? error : inWords(error)));
    // All that is heard of an answer of HTTP 101, which hands the connection to another protocol.
    sent.once("close", () => reject(new Error("the connection ended without an answer")));
    sent.once("response", ({ statusCode = 0 }) => {
      sent.destroy();
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(new WebhookRefused(statusCode));
    });
    sent.end(body);
  });
}

function inWords(error: Error): Error {
  if (error.name !== "TimeoutError" && error.name !== "AbortError") return error;
  return new Error(`the receiver did not answer within ${TIMEOUT_MS / 1000} s`);
}
