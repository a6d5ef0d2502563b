import { Slots } from "@sluice/async";
import { type BodySink, HttpConnection, type HttpPlace, type HttpRequest } from "./http-connection.ts";
import type { HttpHead } from "./http-head.ts";

/** Connections to one place, which are kept for the next request: the one used last first. */
export class HttpConnections {
  readonly #place: HttpPlace;
  readonly #slots: Slots;
  readonly #idle: HttpConnection[] = [];
  #isClosed = false;

  /** @param limit connections at once */
  constructor(place: HttpPlace, limit: number) {
    this.#place = place;
    this.#slots = new Slots(limit);
  }

  /** Waits for a connection, then as `HttpConnection.send`. */
  async send(request: HttpRequest, begin: (head: HttpHead) => BodySink, signal: AbortSignal): Promise<HttpHead> {
    using _slot = await orAborted(this.#slots.take(), signal);
    const connection = this.#take();
    try {
      return await connection.send(request, begin, signal);
    } finally {
      if (this.#isClosed) connection.close();
      else if (connection.isUsable) this.#idle.push(connection);
    }
  }

  /** Of those in use each ends with its request. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  #take(): HttpConnection {
    for (let kept = this.#idle.pop(); kept; kept = this.#idle.pop()) if (kept.isUsable) return kept;
    return new HttpConnection(this.#place);
  }
}

/** A slot that comes after the signal is given back. */
async function orAborted(slot: Promise<Disposable>, signal: AbortSignal): Promise<Disposable> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([slot, promise]);
  } catch (error) {
    slot.then((late) => late[Symbol.dispose]());
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
