import { SealedText } from "./sealed-text.ts";

/** What a link allows: one request for one file of one volume, until it ends. */
export interface FileGrant {
  readonly volumeName: string;
  /** See `UploadGrant`. */
  readonly volumeId: string;
  /** As `filePathOf` has it. */
  readonly path: string;
  /** `GET`, with which `HEAD` goes, or `PUT`. */
  readonly method: string;
  /** Unix milliseconds. */
  readonly expiresMs: number;
  /** Of a body; 0 = as many as a file may have. */
  readonly maxBytes: number;
  /** Who has asked for it; "" where nobody was asked. */
  readonly user: string;
}

/** Longest ticket that is looked at: a path has 900 bytes. */
const MAX_TICKET = 4096;

/** Tickets that stand in links. As with `UploadTokens` nothing is kept of them. */
export class FileTickets {
  readonly #sealed: SealedText;

  /** @param key as that of `UploadTokens` */
  constructor(key: Uint8Array) {
    this.#sealed = new SealedText(key, "file ticket");
  }

  /** Text that may stand in a URL as it is. */
  issue(grant: FileGrant): string {
    return this.#sealed.seal(JSON.stringify(grant));
  }

  /** Undefined for a ticket that is not ours. */
  open(ticket: string): FileGrant | undefined {
    const text = ticket.length > MAX_TICKET ? undefined : this.#sealed.open(ticket);
    return text === undefined ? undefined : (JSON.parse(text) as FileGrant);
  }
}
