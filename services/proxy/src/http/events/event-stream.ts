import type { ServerResponse } from "node:http";

/** Proxies between client and server end connections on which nothing is said for a minute, or for half of one. */
const HEARTBEAT_MS = 15_000;
/** Who may listen no longer hears of it for so long at most, and as long as what is known of users counts. */
const CHECK_MS = 1000;

/** For tests: other times. */
export interface EventStreamTimes {
  readonly heartbeatMs?: number;
  readonly checkMs?: number;
}

/**
 * A stream of server-sent events. Who reads slowly gets the last event of each key, not each of them: what waits is bounded by the
 * number of keys. Source: HTML Living Standard §9.2.
 */
export class EventStream implements Disposable {
  readonly #response: ServerResponse;
  readonly #waiting = new Map<string, string>();
  readonly #stillAllowed: () => Promise<boolean>;
  readonly #timers: readonly NodeJS.Timeout[];
  #isChecking = false;
  #isFull = false;
  #isEnding = false;

  /** @param stillAllowed asked every second: whether the stream may go on */
  constructor(
    response: ServerResponse,
    stillAllowed: () => Promise<boolean>,
    { heartbeatMs = HEARTBEAT_MS, checkMs = CHECK_MS }: EventStreamTimes = {},
  ) {
    this.#response = response;
    this.#stillAllowed = stillAllowed;
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx collects answers otherwise.
      "x-accel-buffering": "no",
    });
    response.write("retry: 2000\n\n");
    response.on("drain", () => this.#drained());
    const beat = () => void (this.#isFull || this.#write(": still here\n\n"));
    this.#timers = [setInterval(beat, heartbeatMs), setInterval(() => void this.#check(), checkMs)];
  }

  /** One at a time: it waits for who knows the users while these are away. */
  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const goesOn = await this.#stillAllowed().catch(() => false);
    this.#isChecking = false;
    if (!goesOn) this.end();
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
    this.#stopTimers();
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

  #stopTimers(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  [Symbol.dispose](): void {
    this.#stopTimers();
    this.#response.destroy();
  }
}
