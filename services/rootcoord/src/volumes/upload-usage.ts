import { StatusError } from "@sluice/errors";
import type { volume } from "@sluice/rpc";
import { volumeCodes } from "@sluice/volumes";
import type { OpenTotal } from "./open-uploads.ts";

/** What an upload has published, by the credentials that it signs with. Credentials that ended are forgotten after so long. */
const FORGET_MS = 48 * 3600_000;

interface Used {
  bytes: number;
  files: number;
  readonly sinceMs: number;
}

/**
 * Counts what is uploaded with each of the credentials that were given out: the limits that clients are only told. It is kept
 * in memory; after a restart of the rootcoord the count begins anew.
 */
export class UploadUsage {
  readonly #used = new Map<string, Used>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param bytes of a file that is to come @param others that go on beside it @throws {StatusError} 63248 */
  check(limits: volume.UploadLimits | undefined, bytes: number, others: OpenTotal): void {
    if (!limits) return;
    const { bytes: usedBytes = 0, files = 0 } = this.#used.get(limits.tokenId) ?? {};
    const total = usedBytes + others.bytes + bytes;
    if (total > limits.maxBytes)
      throw tooLarge(
        `the upload would have ${total} bytes${unfinished(others)}, more than ${limits.maxBytes} (setting upload-limit)`,
      );
    if (files + others.uploads + 1 > limits.maxFiles)
      throw tooLarge(`the upload would have more than ${limits.maxFiles} files`);
  }

  /** A file that is published. @param bytes of it */
  add(limits: volume.UploadLimits | undefined, bytes: number): void {
    if (!limits) return;
    this.#forgetOld();
    const used = this.#used.get(limits.tokenId) ?? { bytes: 0, files: 0, sinceMs: this.#now() };
    used.bytes += bytes;
    used.files++;
    this.#used.set(limits.tokenId, used);
  }

  #forgetOld(): void {
    const oldest = this.#now() - FORGET_MS;
    for (const [token, { sinceMs }] of this.#used) {
      if (sinceMs >= oldest) return; // In the order of their beginning.
      this.#used.delete(token);
    }
  }
}

/** What of a sum other uploads take, which may end without becoming files. */
export function unfinished({ bytes, uploads }: OpenTotal): string {
  return bytes === 0
    ? ""
    : `, ${bytes} of them in ${uploads} other ${uploads === 1 ? "upload that is" : "uploads that are"} not finished`;
}

/** Code 63248. */
export function tooLarge(reason: string): StatusError {
  return new StatusError(volumeCodes.tooLarge, reason);
}
