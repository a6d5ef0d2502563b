import type { Readable } from "node:stream";
import type { SignedRequest } from "@sluice/volumes";

/** A request whose body is read as it comes. */
export interface RawRequest extends SignedRequest {
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets a client that waits for it send its body. */
  readonly goOn: () => void;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

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

/** Requests and answers that are too large to be held, and are not the framework's. */
export interface RawService {
  /** For logs. */
  readonly name: string;
  matches(method: string, url: string): boolean;
  answer(request: RawRequest): Promise<RawAnswer>;
  refuse(error: unknown, url: string, requestId: string): RawRefusal;
}
