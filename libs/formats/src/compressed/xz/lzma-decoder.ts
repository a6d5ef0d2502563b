import { Undecodable } from "../own-decoding.ts";
import { RangeDecoder } from "./range-decoder.ts";
import type { Window } from "./window.ts";

// Where the chances of each kind of symbol stand. Source: LZMA SDK 23.01, `lzma-specification.txt`.
const STATES = 12;
const POSITIONS = 16;
const LENGTH_CHANCES = 2 + POSITIONS * 8 * 2 + 256;
const IS_MATCH = 0;
const IS_REPEAT = IS_MATCH + STATES * POSITIONS;
const IS_OLDER = IS_REPEAT + STATES;
const IS_LONG = IS_OLDER + STATES;
const IS_THIRD = IS_LONG + STATES * POSITIONS;
const IS_FOURTH = IS_THIRD + STATES;
const SLOTS = IS_FOURTH + STATES;
const SPECIAL = SLOTS + 4 * 64;
const ALIGNED = SPECIAL + 128;
const MATCH_LENGTH = ALIGNED + 16;
const REPEAT_LENGTH = MATCH_LENGTH + LENGTH_CHANCES;
const LITERALS = REPEAT_LENGTH + LENGTH_CHANCES;
const LITERAL_CHANCES = 0x300;
/** Of an LZMA2 stream, lc + lp. */
const MAX_LITERAL_BITS = 4;
const MIN_MATCH = 2;
/** States below follow a literal. */
const FIRST_AFTER_MATCH = 7;

/** Decodes what follows a range code's start, into a window. */
export class LzmaDecoder {
  readonly #range = new RangeDecoder(LITERALS + (LITERAL_CHANCES << MAX_LITERAL_BITS));
  readonly #window: Window;
  #contextBits = 3;
  #contextMask = 0;
  #positionMask = 3;
  #state = 0;
  /** How far back the last four matches were, from the newest on; 0 is the byte before. */
  #first = 0;
  #second = 0;
  #third = 0;
  #fourth = 0;
  /** Bytes since the dictionary was forgotten: places are counted from there. */
  #position = 0;

  constructor(window: Window) {
    this.#window = window;
  }

  /** @throws {Undecodable} for a byte that says what LZMA2 does not have */
  setProperties(byte: number): void {
    const [context, rest] = [byte % 9, Math.floor(byte / 9)];
    const [literalPosition, position] = [rest % 5, Math.floor(rest / 5)];
    if (byte >= 225 || context + literalPosition > MAX_LITERAL_BITS)
      throw new Undecodable(`its properties are ${byte}`);
    this.#contextBits = context;
    this.#contextMask = (1 << literalPosition) - 1;
    this.#positionMask = (1 << position) - 1;
  }

  /** As at the start, but for what was decoded. */
  reset(): void {
    this.#range.forget();
    this.#state = 0;
    this.#remember(0, 0, 0, 0);
  }

  /** Bytes that came in another way count. */
  moved(count: number): void {
    this.#position += count;
  }

  /** Content counts from here: another dictionary begins. */
  restart(): void {
    this.#position = 0;
  }

  /** Exactly `count` bytes of content from those from `at` to `end`. @throws {Undecodable} for any others */
  decode(bytes: Uint8Array, at: number, end: number, count: number): void {
    const range = this.#range;
    const last = this.#position + count;
    if (!range.start(bytes, at)) throw new Undecodable("a chunk begins with what is no code");
    while (this.#position < last) {
      const positionState = this.#position & this.#positionMask;
      if (range.bit(IS_MATCH + (this.#state << 4) + positionState) === 0) this.#literal();
      else this.#match(positionState, last - this.#position);
      if (range.at > end) break;
    }
    range.finish();
    if (range.at !== end || !range.isFinished) throw new Undecodable("a chunk does not end where its code does");
  }

  #literal(): void {
    const window = this.#window;
    const range = this.#range;
    const before = window.held === 0 ? 0 : window.before(0);
    const context = ((this.#position & this.#contextMask) << this.#contextBits) + (before >>> (8 - this.#contextBits));
    const chance = LITERALS + LITERAL_CHANCES * context;
    const byte = this.#state < FIRST_AFTER_MATCH ? range.tree(chance, 8) : this.#unmatched(chance, window);
    window.put(byte);
    this.#position++;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** Behind a match the byte is another one than the next of what was repeated: its bits tell which chances are looked at. */
  #unmatched(chance: number, window: Window): number {
    const range = this.#range;
    let other = window.before(this.#first);
    let node = 1;
    while (node < 0x100) {
      const otherBit = (other >>> 7) & 1;
      other <<= 1;
      const bit = range.bit(chance + ((1 + otherBit) << 8) + node);
      node = (node << 1) | bit;
      if (bit === otherBit) continue;
      while (node < 0x100) node = (node << 1) | range.bit(chance + node);
    }
    return node & 0xff;
  }

  #match(positionState: number, room: number): void {
    const isRepeat = this.#range.bit(IS_REPEAT + this.#state) === 1;
    const isAfterLiteral = this.#state < FIRST_AFTER_MATCH;
    let length = 1;
    if (!isRepeat) {
      length = this.#length(MATCH_LENGTH, positionState);
      this.#remember(this.#distance(length), this.#first, this.#second, this.#third);
      this.#state = isAfterLiteral ? 7 : 10;
    } else if (this.#chooseDistance(positionState)) this.#state = isAfterLiteral ? 9 : 11;
    else {
      length = this.#length(REPEAT_LENGTH, positionState);
      this.#state = isAfterLiteral ? 8 : 11;
    }
    if (length > room) throw new Undecodable("a chunk has more content than it says");
    this.#window.repeat(this.#first, length);
    this.#position += length;
  }

  /** Makes one of the last distances the newest. @returns whether a single byte is meant */
  #chooseDistance(positionState: number): boolean {
    const range = this.#range;
    const state = this.#state;
    if (range.bit(IS_OLDER + state) === 0) return range.bit(IS_LONG + (state << 4) + positionState) === 0;
    const third = this.#third;
    const fourth = this.#fourth;
    if (range.bit(IS_THIRD + state) === 0) this.#remember(this.#second, this.#first, third, fourth);
    else if (range.bit(IS_FOURTH + state) === 0) this.#remember(third, this.#first, this.#second, fourth);
    else this.#remember(fourth, this.#first, this.#second, third);
    return false;
  }

  #remember(first: number, second: number, third: number, fourth: number): void {
    this.#first = first;
    this.#second = second;
    this.#third = third;
    this.#fourth = fourth;
  }

  #length(chance: number, positionState: number): number {
    const range = this.#range;
    const low = chance + 2 + (positionState << 3);
    if (range.bit(chance) === 0) return MIN_MATCH + range.tree(low, 3);
    if (range.bit(chance + 1) === 0) return MIN_MATCH + 8 + range.tree(low + POSITIONS * 8, 3);
    return MIN_MATCH + 16 + range.tree(chance + 2 + POSITIONS * 16, 8);
  }

  /** @param length short matches are near */
  #distance(length: number): number {
    const range = this.#range;
    const slot = range.tree(SLOTS + (Math.min(length - MIN_MATCH, 3) << 6), 6);
    if (slot < 4) return slot;
    const width = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) << width;
    if (slot < 14) return base + range.reverseTree(SPECIAL + base - slot, width);
    const high = base + range.even(width - 4) * 16;
    // Below 2^32, and the highest is a mark of the end, which LZMA2 does not have.
    return (high >>> 0) + range.reverseTree(ALIGNED, 4);
  }
}
