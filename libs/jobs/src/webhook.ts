/** Somebody who is told of a job's end. */
export interface JobWebhook {
  /** With whatever it holds to be let in: shown to nobody. Sealed for its job, where there is a key. */
  readonly url: string;
  readonly isSealed?: boolean;
  /** `host[:port]` of the URL, which may be shown. */
  readonly host: string;
  /** Counted before each begins, so that one which the process dies of is counted. */
  readonly attempts: number;
  /** Unix milliseconds before which no attempt begins. */
  readonly nextMs: number;
  /** Unix milliseconds of the answer that took it; absent = none did. */
  readonly deliveredMs?: number;
  /** Why the last attempt took nothing. */
  readonly failure?: string;
  /** No more attempts are made. */
  readonly isGivenUp?: boolean;
}

/** About eleven hours of attempts: a night in which nobody looks. */
export const MAX_WEBHOOK_ATTEMPTS = 20;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 3_600_000;

/** One that nobody has been told by yet. @param sealed what stands in the record for the URL; undefined: itself */
export function newWebhook(url: string, sealed?: string): JobWebhook {
  const { host } = new URL(url);
  return { url: sealed ?? url, ...(sealed !== undefined && { isSealed: true }), host, attempts: 0, nextMs: 0 };
}

/** Whether it is still to be delivered, once the job has ended. */
export function isOpenWebhook({ deliveredMs, isGivenUp }: JobWebhook): boolean {
  return deliveredMs === undefined && isGivenUp !== true;
}

/** An attempt begins: should nothing be heard of it again, the next one comes later, and the last one was the last. */
export function attemptedWebhook(webhook: JobWebhook, nowMs: number): JobWebhook {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** webhook.attempts);
  return { ...webhook, attempts: webhook.attempts + 1, nextMs: nowMs + pauseMs };
}

/** It has been told; what failed before is forgotten. */
export function deliveredWebhook({ failure: _, ...webhook }: JobWebhook, nowMs: number): JobWebhook {
  return { ...webhook, deliveredMs: nowMs };
}

/** @param isFinal the receiver wants no more attempts */
export function failedWebhook(webhook: JobWebhook, failure: string, isFinal: boolean): JobWebhook {
  const isGivenUp = isFinal || webhook.attempts >= MAX_WEBHOOK_ATTEMPTS;
  return { ...webhook, failure, ...(isGivenUp && { isGivenUp }) };
}
