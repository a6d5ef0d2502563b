import type { Readable } from "node:stream";
import type { VolumeRight } from "@sluice/access";
import type { SignedRequest } from "@sluice/volumes";

/** A request whose body is read as it comes. */
export interface RawRequest extends SignedRequest {
  readonly body: AsyncIterable<Uint8Array>;
  /** IP address of the client. */
  readonly address: string;
  /** Is told by who answers who asks, and for what, as soon as that is known. @throws {S3Refusal} for who asks too often */
  readonly identified: (about: RawCaller) => void;
  /** Lets a client that waits for it send its body. */
  readonly goOn: () => void;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** What is known of a request, or a part of it. */
export interface RawCaller {
  /** "" where nobody is asked who it is. */
  readonly user?: string;
  /** Volume, and path in it. */
  readonly file?: string;
}

/** What is written to a connection; without a body its length is 0. */
export interface RawAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
}

/** What was refused, and how that is said. */
export interface RawRefusal extends RawAnswer {
  /** For logs. */
  readonly reason: string;
  /** Nobody meant it to happen. */
  readonly isUnexpected: boolean;
}

/** One whose requests are about a volume each. */
export interface VolumeService extends RawService {
  /** @param url one that it matches @throws {S3Refusal} for one that is not percent-encoded UTF-8 */
  volumeOf(url: string): string;
  rightFor(method: string): VolumeRight;
}

/** Requests and answers that are too large to be held, and are not the framework's. */
export interface RawService {
  /** For logs. */
  readonly name: string;
  matches(method: string, url: string, headers: SignedRequest["headers"]): boolean;
  answer(request: RawRequest): Promise<RawAnswer>;
  refuse(error: unknown, url: string, requestId: string): RawRefusal;
}
