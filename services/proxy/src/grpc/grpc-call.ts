import { type CallOfHandler, endOf, endsAtMsOf } from "@sluice/rpc";
import type { Caller } from "../access/access-control.ts";
import { credentialsOfConnection, type Shown } from "../access/credentials.ts";
import type { CallContext } from "../call-context.ts";

/** A call of gRPC. What few operations ask for is worked out when it is asked for. */
export class GrpcCall implements CallContext {
  caller: Caller | undefined;
  readonly #call: CallOfHandler;

  constructor(call: CallOfHandler) {
    this.#call = call;
  }

  get database(): string {
    return this.#header("dbname") || "default";
  }

  get credentials(): Shown {
    return credentialsOfConnection(this.#call.connection, this.#header("authorization"));
  }

  get identity(): string {
    return `${this.#header("identifier")}/${this.#header("authorization")}`;
  }

  get address(): string {
    return this.#call.getPeer();
  }

  get host(): string {
    return this.address.replace(/:\d+$/, "");
  }

  get endsAtMs(): number {
    return endsAtMsOf(this.#call);
  }

  get signal(): AbortSignal {
    return endOf(this.#call);
  }

  get isGone(): boolean {
    return this.#call.cancelled;
  }

  #header(name: string): string {
    return String(this.#call.metadata.get(name)[0] ?? "");
  }
}
