import { createHash, randomUUID } from "node:crypto";
import { ImportError } from "@sluice/errors";

/** Keys that the proxy gives to requests without one begin with this. */
const OWN_KEYS = "proxy-request-";

/**
 * The key under which a request is remembered. Where callers are known, each has keys of its own: nobody gets the id of another
 * one's job by a key that both have used. A request without a key gets one all the same, since it may reach the rootcoord twice,
 * when one dies after it has recorded the job.
 * @param caller undefined where nobody is asked
 * @throws {ImportError} `request_invalid`
 */
export function idempotencyKeyOf(key: string, caller: string | undefined): string {
  if (key === "") return `${OWN_KEYS}${randomUUID()}`;
  if (!/^[\x20-\x7e]{1,256}$/.test(key))
    throw new ImportError("request_invalid", "the idempotency key must be printable ASCII of at most 256 bytes");
  if (caller === undefined) return key;
  return `caller-${createHash("sha256")
    .update(JSON.stringify([caller, key]))
    .digest("base64url")}`;
}
