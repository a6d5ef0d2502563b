import type { Http2Session } from "node:http2";

/** A batch of half a megabyte does not wait on its way. */
const WIDE_BYTES = 1 << 20;
/** Connections that may send so much ahead, of all at a time: what a crowd sends to no purpose stays bounded. */
const MAX_WIDE = 32;

/** Lets clients that have long messages, and had one answered, send the next ones before they hear that their beginning was read. */
export class WideWindows {
  readonly #wide = new Set<Http2Session>();

  /** Of the connection, as long as it lasts; where it has ended, or there are too many already, nothing changes. */
  open(session: Http2Session | undefined): void {
    if (!session || session.closed || session.destroyed) return;
    if (this.#wide.has(session) || this.#wide.size >= MAX_WIDE) return;
    this.#wide.add(session);
    session.once("close", () => this.#wide.delete(session));
    session.settings({ initialWindowSize: WIDE_BYTES });
    session.setLocalWindowSize(WIDE_BYTES);
  }
}
