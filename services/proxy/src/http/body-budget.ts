import { Transform } from "node:stream";
import type { ByteBudget, ByteShare } from "@sluice/async";
import { StatusError } from "@sluice/errors";
import type { FastifyInstance } from "fastify";

/** Of a byte of JSON: `[],` becomes a list of some forty bytes. */
const GROWTH = 16;
/** What a request may take uncounted, so that small ones are answered while large ones hold all there is. */
const FREE_BYTES = 1 << 20;
/** Source: the code of gRPC for the same refusal, RESOURCE_EXHAUSTED. */
const RESOURCE_EXHAUSTED = 8;

/** Counts the bodies of all requests against one budget, as they come and by what they may become, until they are answered. */
export function countBodies(app: FastifyInstance, budget: ByteBudget): void {
  app.addHook("preParsing", async (_request, reply, body) => {
    const share = budget.open();
    reply.raw.once("close", () => share[Symbol.dispose]());
    return body.pipe(new Counter(share));
  });
}

/** Lets bytes through as long as there is memory for what they become; then drops them, since a client hears nothing before it has sent all. */
class Counter extends Transform {
  readonly #share: ByteShare;
  #isRefused = false;
  /** What fastify compares with the length that the request claims. */
  receivedEncodedLength = 0;

  constructor(share: ByteShare) {
    super();
    this.#share = share;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk?: Buffer) => void): void {
    this.receivedEncodedLength += chunk.length;
    this.#isRefused ||= !this.#share.resize(Math.max(0, GROWTH * this.receivedEncodedLength - FREE_BYTES));
    if (this.#isRefused) this.#share.resize(0);
    done(null, this.#isRefused ? undefined : chunk);
  }

  override _flush(done: (error?: Error) => void): void {
    const reason = "the requests that this server is reading or answering take all the memory that it has for them";
    done(
      this.#isRefused ? new StatusError(RESOURCE_EXHAUSTED, `${reason}: send it again later, or send less`) : undefined,
    );
  }
}
