import type { FastifyInstance, FastifyRequest } from "fastify";

/** How long requests that run may go on once the end was asked for. */
const STOP_MS = 2000;

/** The requests of an application that are being answered. One that does not listen itself waits for none of them when it closes. */
export class RunningRequests {
  readonly #running = new Set<FastifyRequest>();
  #onIdle: () => void = () => undefined;

  constructor(app: FastifyInstance) {
    app.addHook("onRequest", async (request, reply) => {
      this.#running.add(request);
      // Of a client that has gone nothing else is heard.
      reply.raw.once("close", () => this.#ended(request));
    });
    app.addHook("onResponse", async (request) => this.#ended(request));
  }

  /** Resolves when all of them are answered, or took too long. */
  async idle(limitMs = STOP_MS): Promise<void> {
    if (this.#running.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    const timer = setTimeout(resolve, limitMs);
    await promise;
    clearTimeout(timer);
  }

  #ended(request: FastifyRequest): void {
    if (this.#running.delete(request) && this.#running.size === 0) this.#onIdle();
  }
}
