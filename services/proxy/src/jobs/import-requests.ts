import { createHash } from "node:crypto";
import type { importing } from "@sluice/rpc";
import { withSpan } from "@sluice/telemetry";
import { type Caller, scopeOf } from "../access/access-control.ts";
import { checkPermitted } from "../access/access-refused.ts";
import type { CallContext } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import { idempotencyKeyOf } from "./idempotency.ts";

/** An import as both front doors understand it: gRPC gives `files`, REST gives `groups`. */
export interface ImportCall {
  readonly dbName: string;
  readonly collectionName: string;
  readonly partitionName: string;
  readonly rowBased: boolean;
  readonly files: readonly string[];
  readonly groups: readonly (readonly string[])[];
  readonly options: readonly { readonly key: string; readonly value: string }[];
  readonly idempotencyKey: string;
}

/** Who calls, and whether it still listens. */
export type ImportCaller = Pick<CallContext, "identity" | "isGone" | "caller">;

/** How long a job is remembered whose caller was gone before it had the job's id. */
const LOST_ANSWER_MS = 5 * 60_000;

/** The job that a request has led to. */
export interface Submitted {
  readonly jobId: bigint;
  /** What is to be known of it, such as that it has failed before the request came; else undefined. */
  readonly warning: string | undefined;
}

interface Submission {
  readonly submitted: Promise<Submitted>;
  /** The caller was gone before the answer was written. Every connection ends after that, which means nothing. */
  readonly isLost: () => boolean;
  readonly startedMs: number;
}

/**
 * Hands import requests to the rootcoord. Clients repeat a call whose connection broke: when the first one's caller is
 * known to be gone, an equal request of the same caller gets the first job's id instead of doubling its rows. Importing
 * the same files twice on purpose stays possible.
 */
export class ImportRequests {
  readonly #context: ProxyContext;
  readonly #recent = new Map<string, Submission>();
  constructor(context: ProxyContext) {
    this.#context = context;
  }

  /** @throws {StatusError}, {ImportError} what the rootcoord refused; {AccessRefused} for files that the caller may not read */
  async submit(call: ImportCall, caller: ImportCaller): Promise<Submitted> {
    this.#forgetOld();
    // Not the call itself, which may hold credentials.
    const key = createHash("sha256")
      .update(JSON.stringify([caller.identity, call]))
      .digest("base64");
    const earlier = this.#recent.get(key);
    const about = { collection: call.collectionName, files: call.files.length + call.groups.length };
    const send = () => withSpan("import", about, () => this.#send(call, caller.caller));
    const submitted = earlier?.isLost() ? earlier.submitted : send();
    let isAnswered = false;
    this.#recent.set(key, { submitted, isLost: () => !isAnswered && caller.isGone, startedMs: performance.now() });
    try {
      const job = await submitted;
      isAnswered = !caller.isGone;
      return job;
    } catch (error) {
      this.#recent.delete(key);
      throw error;
    }
  }

  async #send(call: ImportCall, caller: Caller | undefined): Promise<Submitted> {
    const request: importing.ImportRequest = {
      collectionName: call.collectionName,
      partitionName: call.partitionName,
      rowBased: call.rowBased,
      files: [...call.files],
      options: call.options.map((option) => ({ ...option })),
      dbName: call.dbName,
      fileGroups: call.groups.map((paths) => ({ paths: [...paths] })),
      idempotencyKey: idempotencyKeyOf(call.idempotencyKey, caller?.user),
      ...{ scope: scopeOf(caller), caller: caller?.user ?? "" },
    };
    const response = await this.#context.root.import(request);
    checkPermitted(response.status);
    return { jobId: response.tasks[0], warning: response.status?.extraInfo.warnings };
  }

  #forgetOld(): void {
    const oldest = performance.now() - LOST_ANSWER_MS;
    for (const [key, { startedMs }] of this.#recent) if (startedMs < oldest) this.#recent.delete(key);
  }
}
