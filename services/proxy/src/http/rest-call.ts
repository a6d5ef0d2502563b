import type { ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Caller } from "../access/access-control.ts";
import { restCredentials, type Shown } from "../access/credentials.ts";
import type { CallContext } from "../call-context.ts";
import { headerOf } from "./request-headers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set before anything looks at the request. */
    call: CallContext;
  }
}

/** A request of REST. */
export class RestCall implements CallContext {
  caller: Caller | undefined;
  readonly #request: FastifyRequest;
  readonly #response: ServerResponse;
  readonly #beganMs = performance.now();
  #end: AbortController | undefined;

  constructor(request: FastifyRequest, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  get database(): string {
    return headerOf(this.#request, "db-name") || "default";
  }

  get credentials(): Shown {
    return restCredentials(this.#request.headers.authorization);
  }

  get identity(): string {
    return `rest/${headerOf(this.#request, "authorization")}/${this.address}`;
  }

  get address(): string {
    return this.#request.ip;
  }

  get host(): string {
    return this.address;
  }

  /** By the header `Request-Timeout`, in seconds. Source: Milvus's REST v2. */
  get endsAtMs(): number {
    const seconds = headerOf(this.#request, "request-timeout");
    return /^[1-9]\d{0,8}$/.test(seconds) ? this.#beganMs + 1000 * Number(seconds) : Number.POSITIVE_INFINITY;
  }

  /** Of this request: its connection lives on, and serves others. */
  get signal(): AbortSignal {
    this.#end ??= this.#watch();
    return this.#end.signal;
  }

  get isGone(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished;
  }

  #watch(): AbortController {
    const end = new AbortController();
    this.#response.once("close", () => end.abort());
    if (this.isGone) end.abort();
    return end;
  }
}
