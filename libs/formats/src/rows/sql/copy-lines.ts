import type { TextOut } from "../../text-out.ts";
import type { DumpPart } from "./dump-part.ts";

const [LINE_FEED, POINT, BACKSLASH] = [0x0a, 0x2e, 0x5c];

/** Rows behind `COPY … FROM stdin`, up to the line `\.`, handed on as they are. */
export class CopyLines implements DumpPart {
  readonly #out: TextOut | undefined;
  #isAtStart = true;
  /** Bytes of the mark of the end that were met at the start of a line. */
  #held = 0;
  isDone = false;

  /** @param out absent for rows that nobody wants */
  constructor(out: TextOut | undefined) {
    this.#out = out;
  }

  run(chunk: Uint8Array, at: number): number {
    if (this.#held > 0 || (this.#isAtStart && chunk[at] === BACKSLASH)) return this.#mark(chunk, at);
    const found = chunk.indexOf(LINE_FEED, at);
    const end = found < 0 ? chunk.length : found + 1;
    this.#out?.copy(chunk, at, end);
    this.#isAtStart = found >= 0;
    return end;
  }

  /** A backslash before a point is no data: one of data is escaped itself. */
  #mark(chunk: Uint8Array, at: number): number {
    if (this.#held === 2) {
      this.isDone = chunk[at] === LINE_FEED;
      return at + 1;
    }
    if (this.#held === 0 || chunk[at] === POINT) {
      this.#held++;
      return at + 1;
    }
    this.#out?.byte(BACKSLASH);
    this.#held = 0;
    this.#isAtStart = false;
    return at;
  }
}
