import type { SourceFile } from "@sluice/object-store";
import { MAX_ROW_BYTES } from "../../format.ts";
import { LINE_FEED } from "./csv-scanner.ts";
import type { Dialect } from "./dialect.ts";
import { states, type WalkTable, walkTable } from "./record-walk.ts";

/** Read at once: most files say within a record whether a place is in quotes. */
const CHUNK_BYTES = 64 << 10;
/** A cell in quotes that is longer is refused, so it is none. */
const MAX_AHEAD_BYTES = MAX_ROW_BYTES + CHUNK_BYTES;
/** Backslashes that are counted before a place; more follow each other in no file. */
const ESCAPES_BYTES = 4096;
const BACKSLASH = 0x5c;
/** Places so near to the beginning are walked to. */
const NEAR_BYTES = 64 << 10;

/** How much is read to find where a line begins. */
export interface LineStartsOptions {
  /** Tests take small ones. */
  readonly chunkBytes?: number;
  readonly nearBytes?: number;
}

/** What may be before a place, and what follows from it: the next line of a record begins at `first`. */
interface Guess {
  state: number;
  first: number;
}

/**
 * Finds where records begin from the middle of a file, although cells may hold line ends. The bytes behind a place are read in
 * every way that the bytes before it may call for (in a cell, in quotes, behind one); a way that meets a quote where none can be
 * is out. What the ways that are left agree on is certain, as long as quotes are sound there; where they do not agree, the file
 * is walked through from its beginning. Whoever reads the range before finds the same, since it follows from the file alone, and
 * compares it with where his records end: see `CsvLayout`.
 */
export class LineStarts {
  readonly #source: SourceFile;
  readonly #strict: WalkTable;
  readonly #lenient: WalkTable;
  readonly #quote: number;
  readonly #hasEscapes: boolean;
  readonly #chunkBytes: number;
  readonly #nearBytes: number;

  /** @param dialect with a separator of one byte */
  constructor(
    source: SourceFile,
    dialect: Dialect,
    { chunkBytes = CHUNK_BYTES, nearBytes = NEAR_BYTES }: LineStartsOptions = {},
  ) {
    this.#source = source;
    this.#strict = walkTable(dialect, false);
    this.#lenient = walkTable(dialect, true);
    this.#quote = dialect.quote;
    this.#hasEscapes = dialect.hasEscapes;
    this.#chunkBytes = chunkBytes;
    this.#nearBytes = nearBytes;
  }

  /** Offset of the first line at or behind `offset` that no cell holds; the size of the file where there is none. */
  async atOrAfter(offset: number, signal: AbortSignal): Promise<number> {
    const { sizeBytes } = this.#source;
    if (offset <= 0 || offset >= sizeBytes) return Math.max(0, Math.min(offset, sizeBytes));
    const guessed = offset > this.#nearBytes ? await this.#guess(offset, signal) : undefined;
    return guessed ?? this.#walk(offset, signal);
  }

  /** Undefined where the bytes behind `offset` do not tell. */
  async #guess(offset: number, signal: AbortSignal): Promise<number | undefined> {
    // From the byte before: behind its line feed a line begins.
    const begin = offset - 1;
    const end = Math.min(this.#source.sizeBytes, begin + MAX_AHEAD_BYTES);
    let guesses = await this.#ways(begin, signal);
    let chunkBytes = this.#chunkBytes;
    const buffer = new Uint8Array(Math.min(end - begin, 16 * chunkBytes));
    for (let at = begin; at < end; chunkBytes = Math.min(2 * chunkBytes, buffer.length)) {
      const target = buffer.subarray(0, Math.min(chunkBytes, end - at));
      const length = await this.#source.readInto(at, target, signal);
      guesses = this.#read(target.subarray(0, length), at, guesses);
      if (areAgreed(guesses)) return guesses[0].first;
      if (guesses.length === 0 || length === 0) return undefined;
      at += length;
    }
    return this.#atEnd(guesses, end);
  }

  async #ways(offset: number, signal: AbortSignal): Promise<Guess[]> {
    if (this.#hasEscapes) return (await this.#isEscaped(offset, signal)) ? [way(states.escaped)] : [way(states.bare)];
    const ways =
      this.#quote < 0 ? [states.bare] : [states.start, states.bare, states.quoted, states.quote, states.return];
    return ways.map(way);
  }

  /** Whether an odd number of backslashes stands before a place. Where there are no others in sight, either may be. */
  async #isEscaped(offset: number, signal: AbortSignal): Promise<boolean> {
    const before = new Uint8Array(Math.min(offset, ESCAPES_BYTES));
    const length = await this.#source.readInto(offset - before.length, before, signal);
    let count = 0;
    while (count < length && before[length - 1 - count] === BACKSLASH) count++;
    return count % 2 === 1;
  }

  /**
   * Reads a chunk in each way that is left; answers those that are left after it. All of it, also where they agree already: near
   * a record with broken quotes the wrong way may outlive the right one by some bytes.
   */
  #read(chunk: Uint8Array, offset: number, before: Guess[]): Guess[] {
    let guesses = before;
    for (let i = 0; i < chunk.length; i++) {
      if (guesses.every(isIdle)) {
        // Nothing changes before the next quote.
        const quote = chunk.indexOf(this.#quote, i);
        const next = quote < 0 ? chunk.length : quote;
        if (next > i) for (const guess of guesses) this.#skipTo(guess, chunk[next - 1]);
        if (quote < 0) return guesses;
        i = next;
      }
      const byte = chunk[i];
      let areAllLeft = true;
      for (const guess of guesses) {
        guess.state = this.#strict[(guess.state << 8) | byte];
        if (guess.state === states.broken) areAllLeft = false;
        else if (byte === LINE_FEED && guess.state === states.start && guess.first < 0) guess.first = offset + i + 1;
      }
      if (!areAllLeft) guesses = guesses.filter(({ state }) => state !== states.broken);
      if (guesses.length === 0) return guesses;
    }
    return guesses;
  }

  #skipTo(guess: Guess, last: number): void {
    if (guess.state !== states.quoted) guess.state = this.#strict[(states.bare << 8) | last];
  }

  /** Cells in quotes are closed before the end of a file, and before they are too long. */
  #atEnd(guesses: readonly Guess[], end: number): number | undefined {
    const isEnd = end === this.#source.sizeBytes;
    const left = guesses.filter(({ state, first }) => (isEnd ? state !== states.quoted : first >= 0));
    const firsts = left.map(({ first }) => (first < 0 ? end : first));
    return firsts.length > 0 && firsts.every((first) => first === firsts[0]) ? firsts[0] : undefined;
  }

  /** From the beginning of the file, as whoever reads all of it does. */
  async #walk(offset: number, signal: AbortSignal): Promise<number> {
    let state: number = states.start;
    let at = 0;
    for await (const chunk of this.#source.read(undefined, signal)) {
      for (let i = at === 0 ? markLength(chunk) : 0; i < chunk.length; i++) {
        const byte = chunk[i];
        state = this.#lenient[(state << 8) | byte];
        if (byte === LINE_FEED && state === states.start && at + i + 1 >= offset) return at + i + 1;
        // Whoever reads the range with that place says so.
        if (state === states.broken) return this.#source.sizeBytes;
      }
      at += chunk.length;
    }
    return this.#source.sizeBytes;
  }
}

function way(state: number): Guess {
  return { state, first: -1 };
}

/** Only a quote can change what it says. */
function isIdle({ state, first }: Guess): boolean {
  return state === states.quoted || (first >= 0 && (state === states.start || state === states.bare));
}

function areAgreed(guesses: readonly Guess[]): boolean {
  return guesses.length > 0 && guesses.every(({ first }) => first >= 0 && first === guesses[0].first);
}

/** Length of the byte order mark that a file begins with, or 0. */
export function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
