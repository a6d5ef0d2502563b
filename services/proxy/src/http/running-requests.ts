import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/** How long requests that run may go on once the end was asked for. */
const STOP_MS = 2000;

/** The requests that are being answered, by REST and to uploaders: a server whose sockets come from elsewhere waits for none of them. */
export class RunningRequests {
  readonly #running = new Set<ServerResponse>();
  #onIdle: () => void = () => undefined;
  #isEnding = false;

  /** Whether nobody waits for requests that come now. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Takes the requests of an application. */
  watch(app: FastifyInstance): void {
    app.addHook("onRequest", async (_request, reply) => this.add(reply.raw));
    app.addHook("onResponse", async (_request, reply) => this.#ended(reply.raw));
  }

  /** A request, by its answer: it ends when that is sent, or its client has gone, of whom nothing else is heard. */
  add(response: ServerResponse): void {
    this.#running.add(response);
    response.once("close", () => this.#ended(response));
  }

  /** Resolves when all of them are answered, or took too long. */
  async idle(limitMs = STOP_MS): Promise<void> {
    this.#isEnding = true;
    if (this.#running.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    const timer = setTimeout(resolve, limitMs);
    await promise;
    clearTimeout(timer);
  }

  #ended(response: ServerResponse): void {
    if (this.#running.delete(response) && this.#running.size === 0) this.#onIdle();
  }
}
