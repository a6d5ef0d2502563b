import type { ServerResponse } from "node:http";

/** Proxies between client and server end connections on which nothing is said for a minute, or for half of one. */
const HEARTBEAT_MS = 15_000;

/**
 * A stream of server-sent events. Who reads slowly gets the last event of each key, not each of them: what waits is bounded by the
 * number of keys. Source: HTML Living Standard §9.2.
 */
export class EventStream implements Disposable {
  readonly #response: ServerResponse;
  readonly #waiting = new Map<string, string>();
  readonly #heartbeat: NodeJS.Timeout;
  #isFull = false;
  #isEnding = false;

  /** @param onHeartbeat asked now and then: whether the stream may go on */
  constructor(response: ServerResponse, onHeartbeat: () => Promise<boolean>, heartbeatMs = HEARTBEAT_MS) {
    this.#response = response;
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx collects answers otherwise.
      "x-accel-buffering": "no",
    });
    response.write("retry: 2000\n\n");
    response.on("drain", () => this.#drained());
    this.#heartbeat = setInterval(() => {
      if (!this.#isFull) this.#write(": still here\n\n");
      onHeartbeat().then(
        (goesOn) => goesOn || this.end(),
        () => this.end(),
      );
    }, heartbeatMs);
  }

  /** An event; one of the same key that waits still is replaced. */
  send(key: string, event: string, data: object): void {
    if (this.#isEnding) return;
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    if (this.#isFull) this.#waiting.set(key, text);
    else this.#write(text);
  }

  /** Ends it, once everything that waits is written. */
  end(): void {
    this.#isEnding = true;
    clearInterval(this.#heartbeat);
    if (this.#waiting.size === 0) this.#response.end();
  }

  #write(text: string): void {
    this.#isFull = !this.#response.write(text);
  }

  #drained(): void {
    this.#isFull = false;
    for (const [key, text] of this.#waiting) {
      if (this.#isFull) return;
      this.#waiting.delete(key);
      this.#write(text);
    }
    if (this.#isEnding) this.#response.end();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heartbeat);
    this.#response.destroy();
  }
}
