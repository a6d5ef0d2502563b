import { createHmac } from "node:crypto";
import type { JobView } from "../jobs/job-book.ts";
import { summaryOf } from "../jobs/job-entry.ts";

// The form of messages and of their signature is that of Standard Webhooks, for which receivers have libraries in most languages.
// Source: standardwebhooks.com, specification 1.0.

/** One attempt's request: `body` is the JSON that the signature in `headers` is of. */
export interface WebhookMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What receivers are told of a job that has ended. */
export function bodyOf(view: JobView): string {
  const { job } = view;
  const entry = summaryOf(view, {});
  const data = {
    ...{ jobId: String(job.jobId), kind: job.kind, dbName: job.dbName, collectionName: job.collectionName },
    ...{ state: entry.state, importedRows: entry.dryRun ? 0 : Number(entry.importedRows) },
    ...(entry.dryRun && { dryRun: true, checkedRows: Number(entry.importedRows) }),
    ...(entry.deletes && { deletes: true }),
    ...(entry.rejectedRows > 0n && { rejectedRows: Number(entry.rejectedRows) }),
    ...{ createTime: new Date(job.createdMs).toISOString(), completeTime: new Date(job.completedMs).toISOString() },
    ...(job.retryOf !== undefined && { retryOf: String(job.retryOf) }),
    ...(entry.reason && { reason: entry.reason }),
  };
  return JSON.stringify({ type: "job.ended", timestamp: data.completeTime, data });
}

/**
 * A body with its signature, made anew at each attempt, since receivers refuse old ones.
 * @param id the same at each attempt: receivers know by it what they have had
 * @param secret of the settings: `whsec_` and base64, or any text
 */
export function signed(id: string, body: string, secret: string, nowMs: number): WebhookMessage {
  const timestamp = String(Math.floor(nowMs / 1000));
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = {
    ...{ "content-type": "application/json", "user-agent": "sluice" },
    ...{ "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` },
  };
  return { body, headers };
}
