import type { Column, VarColumn } from "@sluice/columns";
import { malformed } from "../malformed.ts";

// Statistics of a segment's BM25 vectors, as Milvus stores them from 2.5 on: little-endian int32 version, int64 rows, int64 tokens,
// then a pair for each term: uint32 term, int32 rows that contain it. Source: binlog format §6.4.

const VERSION = 0;
const HEAD_BYTES = 20;
const FIRST_SLOTS = 1 << 10;

/** What scores of BM25 need to know of the rows of a segment. */
export interface Bm25Stats {
  readonly rowCount: number;
  /** Of all rows, repetitions counted. */
  readonly tokenCount: number;
  /** Ascending. */
  readonly terms: Uint32Array;
  /** Of each term, the rows that contain it. */
  readonly rowCounts: Uint32Array;
}

/** Counts rows by term. Memory goes with the different terms. */
export class Bm25StatsBuilder {
  #rows = 0;
  #tokens = 0;
  /** Open addressing: how many rows contain a term, 0 = free, and the term: as one number of 64 bits they sort by term. */
  #table = new Uint32Array(2 * FIRST_SLOTS);
  #count = 0;

  /** @param column sparse vectors: terms, each once, with how often they occur */
  add(column: Column, rowCount: number): void {
    const { data, offsets } = column as VarColumn;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let at = offsets[0]; at < offsets[rowCount]; at += 8) {
      this.#tokens += view.getFloat32(at + 4, true);
      this.#addTerm(view.getUint32(at, true), 1);
    }
    this.#rows += rowCount;
  }

  #addTerm(term: number, rows: number): void {
    const mask = this.#table.length / 2 - 1;
    let slot = (Math.imul(term, 0x9e3779b1) >>> 0) & mask;
    for (; this.#table[2 * slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#table[2 * slot + 1] !== term) continue;
      this.#table[2 * slot] += rows;
      return;
    }
    this.#table[2 * slot] = rows;
    this.#table[2 * slot + 1] = term;
    if (2 * ++this.#count > mask) this.#widen();
  }

  #widen(): void {
    const old = this.#table;
    this.#table = new Uint32Array(2 * old.length);
    this.#count = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0) this.#addTerm(old[i + 1], old[i]);
  }

  /** Of all rows so far; it counts on. */
  finish(): Bm25Stats {
    const pairs = this.#table.filter((_, i) => this.#table[i & ~1] !== 0);
    new BigUint64Array(pairs.buffer).sort();
    const count = pairs.length / 2;
    const [terms, rowCounts] = [new Uint32Array(count), new Uint32Array(count)];
    for (let i = 0; i < count; i++) {
      rowCounts[i] = pairs[2 * i];
      terms[i] = pairs[2 * i + 1];
    }
    return { rowCount: this.#rows, tokenCount: this.#tokens, terms, rowCounts };
  }
}

/** One object of a statistics log: 20 bytes, then 8 a term. */
export function encodeBm25Stats({ rowCount, tokenCount, terms, rowCounts }: Bm25Stats): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + 8 * terms.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, VERSION, true);
  view.setBigInt64(4, BigInt(rowCount), true);
  view.setBigInt64(12, BigInt(tokenCount), true);
  for (let i = 0; i < terms.length; i++) {
    view.setUint32(HEAD_BYTES + 8 * i, terms[i], true);
    view.setInt32(HEAD_BYTES + 8 * i + 4, rowCounts[i], true);
  }
  return bytes;
}

/** @param bytes written by this program, terms ascending @throws {ImportError} `malformed_file` */
export function decodeBm25Stats(bytes: Uint8Array): Bm25Stats {
  if (bytes.length < HEAD_BYTES || (bytes.length - HEAD_BYTES) % 8 !== 0)
    throw malformed(`BM25 statistics of ${bytes.length} bytes are cut short`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getInt32(0, true);
  if (version !== VERSION) throw malformed(`BM25 statistics have version ${version}, expected ${VERSION}`);
  const count = (bytes.length - HEAD_BYTES) / 8;
  const [terms, rowCounts] = [new Uint32Array(count), new Uint32Array(count)];
  for (let i = 0; i < count; i++) {
    terms[i] = view.getUint32(HEAD_BYTES + 8 * i, true);
    rowCounts[i] = view.getInt32(HEAD_BYTES + 8 * i + 4, true);
    if (i > 0 && terms[i] <= terms[i - 1]) throw malformed("terms of BM25 statistics are not ascending");
  }
  const [rows, tokens] = [view.getBigInt64(4, true), view.getBigInt64(12, true)];
  return { rowCount: Number(rows), tokenCount: Number(tokens), terms, rowCounts };
}
