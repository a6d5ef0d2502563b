import { BrokenOff, Undecodable } from "../own-decoding.ts";
import type { BitReader } from "./bit-reader.ts";
import { type CodeTable, FAST_BITS, MAX_CODE_BITS, readCodeTable } from "./code-table.ts";

/** Symbols that are written with one table before the next one is chosen. */
const GROUP_SYMBOLS = 50;
/** As many as the largest block needs; programs may write more, which nothing uses. */
const MAX_SELECTORS = Math.ceil(900_000 / GROUP_SYMBOLS) + 2;
const RUN_B = 1;

/** Above anything that a block can take: each of its symbols has up to 20 bits, and there are tables before them. */
export const MAX_PACKED_BYTES = Math.ceil((MAX_SELECTORS * GROUP_SYMBOLS * MAX_CODE_BITS) / 8) + (64 << 10);

/** A block as it is stored: the last column of its sorted rotations. */
export interface PackedBlock {
  readonly crc: number;
  /** The rotation that is the content. */
  readonly origin: number;
  readonly length: number;
}

/**
 * Reads a block behind its mark: the bytes of the last column into the lowest eight bits of `column`, and how often each byte
 * is there into `counts`.
 * @throws {Undecodable}
 */
export function readBlock(bits: BitReader, column: Uint32Array, counts: Uint32Array): PackedBlock {
  const crc = bits.word();
  if (bits.bits(1) === 1) throw new Undecodable("a block is randomised, as programs before 1998 wrote it");
  const origin = bits.bits(24);
  const order = readUsedBytes(bits);
  const tableCount = bits.bits(3);
  if (tableCount < 2 || tableCount > 6) throw new Undecodable(`a block has ${tableCount} tables`);
  const selectors = readSelectors(bits, tableCount);
  const tables = Array.from({ length: tableCount }, () => readCodeTable(bits, order.used + 2));
  counts.fill(0);
  const length = readColumn(bits, { tables, selectors, ...order }, column, counts);
  if (origin >= length) throw new Undecodable(`a block of ${length} bytes begins with byte ${origin}`);
  return { crc, origin, length };
}

interface Coding {
  readonly tables: readonly CodeTable[];
  /** The table of each group of symbols. */
  readonly selectors: Uint8Array;
  /** Bytes by how recently they were met; at first those that a block has, in their order. */
  readonly recent: Uint8Array;
  readonly used: number;
}

function readUsedBytes(bits: BitReader): Pick<Coding, "recent" | "used"> {
  const recent = new Uint8Array(256);
  let used = 0;
  const ranges = bits.bits(16);
  for (let range = 0; range < 16; range++) {
    if (((ranges >>> (15 - range)) & 1) === 0) continue;
    const there = bits.bits(16);
    for (let i = 0; i < 16; i++) if ((there >>> (15 - i)) & 1) recent[used++] = range * 16 + i;
  }
  if (used === 0) throw new Undecodable("a block has no bytes");
  return { recent, used };
}

/** Each is written as its place among those that were used last. */
function readSelectors(bits: BitReader, tableCount: number): Uint8Array {
  const count = bits.bits(15);
  if (count === 0) throw new Undecodable("a block has no symbols");
  const recent = Array.from({ length: tableCount }, (_, i) => i);
  const selectors = new Uint8Array(Math.min(count, MAX_SELECTORS));
  for (let i = 0; i < count; i++) {
    let place = 0;
    while (bits.bits(1) === 1) if (++place >= tableCount) throw new Undecodable("a table is chosen that is not there");
    const [table] = recent.splice(place, 1);
    recent.unshift(table);
    if (i < selectors.length) selectors[i] = table;
  }
  return selectors;
}

/** The one loop in which the time goes: its state is in variables, not in the reader. */
function readColumn(
  bits: BitReader,
  { tables, selectors, recent, used }: Coding,
  column: Uint32Array,
  counts: Uint32Array,
): number {
  const { bytes, end } = bits;
  let { at, held, count } = bits;
  const last = used + 1;
  let length = 0;
  let run = 0;
  let runBit = 1;
  for (const selector of selectors) {
    const { fast, limits, bases, symbols } = tables[selector];
    for (let i = 0; i < GROUP_SYMBOLS; i++) {
      while (count < MAX_CODE_BITS) {
        // Behind the end whatever is found there: it is seen below.
        held = (held << 8) | bytes[at++];
        count += 8;
      }
      const found = fast[(held >>> (count - FAST_BITS)) & ((1 << FAST_BITS) - 1)];
      let symbol = found >>> 5;
      if (found !== 0) count -= found & 31;
      else {
        const next = (held >>> (count - MAX_CODE_BITS)) & ((1 << MAX_CODE_BITS) - 1);
        const size = longCodeBits(next, limits);
        symbol = symbols[(next >>> (MAX_CODE_BITS - size)) - bases[size]];
        count -= size;
      }
      if (symbol <= RUN_B) {
        run += runBit << symbol;
        runBit <<= 1;
        if (run > column.length - length) throw overfull(at > end);
        continue;
      }
      if (run > 0) {
        const byte = recent[0];
        column.fill(byte, length, length + run);
        counts[byte] += run;
        length += run;
        run = 0;
        runBit = 1;
      }
      if (symbol === last) {
        leaveAt(bits, at, held, count);
        return length;
      }
      const byte = moveToFront(recent, symbol - 1);
      if (length === column.length) throw overfull(at > end);
      column[length++] = byte;
      counts[byte]++;
    }
  }
  throw at > end ? new BrokenOff() : new Undecodable("a block has no end");
}

/** Bits of a code that is longer than those in the fast table. @param next as many bits as the longest code has */
function longCodeBits(next: number, limits: CodeTable["limits"]): number {
  for (let size = FAST_BITS + 1; size <= MAX_CODE_BITS; size++) if (next < limits[size]) return size;
  throw new Undecodable("bits are no code");
}

/** The byte at a place among those that were met last, where it is the first from now on. */
function moveToFront(recent: Uint8Array, place: number): number {
  const byte = recent[place];
  if (place < 16) for (let k = place; k > 0; k--) recent[k] = recent[k - 1];
  else recent.copyWithin(1, 0, place);
  recent[0] = byte;
  return byte;
}

/** Has the reader go on behind the block: bytes that were taken in too early are given back. */
function leaveAt(bits: BitReader, nextByte: number, heldBits: number, bitCount: number): void {
  const early = bitCount >>> 3;
  const at = nextByte - early;
  if (at > bits.end) throw new BrokenOff();
  Object.assign(bits, { at, held: heldBits >>> (8 * early), count: bitCount & 7 });
}

function overfull(isBehindEnd: boolean): Undecodable {
  return isBehindEnd ? new BrokenOff() : new Undecodable("a block is larger than the stream says");
}
