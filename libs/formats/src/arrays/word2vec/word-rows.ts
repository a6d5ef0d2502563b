import { exactFloat32, scanFloat32 } from "@sluice/kernels";
import { ByteWindow } from "../byte-window.ts";
import { malformed } from "../one-file.ts";
import type { RowSource } from "../row-source.ts";
import { BLANK, badRow, checkEnd, checkWord, LINE_FEED, type WordFile } from "./word-file.ts";

const TAB = 0x09;
const RETURN = 0x0d;

/** A row as it lies in the window: its word, and where its vector begins. */
interface WordRow {
  wordStart: number;
  wordEnd: number;
  vectorStart: number;
  rowEnd: number;
}

/** Words and vectors, read from front to back; of each batch once, for both. */
export class WordRows {
  readonly #file: WordFile;
  #window: ByteWindow;
  #next = 0;
  #firstRow = -1;
  #reading: Promise<void> = Promise.resolve();
  #vectors = new Float32Array(0);
  #words = new Uint8Array(0);
  #wordBytes = 0;
  readonly #row: WordRow = { wordStart: 0, wordEnd: 0, vectorStart: 0, rowEnd: 0 };
  readonly #scan = { end: 0 };

  constructor(file: WordFile) {
    this.#file = file;
    this.#window = new ByteWindow(file.source, file.start);
  }

  /** Reads all rows once: how many they are, and how long the longest word is. @throws {ImportError} `malformed_file` */
  async measure(signal: AbortSignal): Promise<{ readonly rowCount: number; readonly wordBytes: number }> {
    const { announcedRows, isBinary } = this.#file;
    while (await this.#find(signal)) {
      const { wordStart, wordEnd } = this.#row;
      if (isBinary) checkWord(this.#window, wordStart, wordEnd, this.#next);
      this.#wordBytes = Math.max(this.#wordBytes, wordEnd - wordStart);
      this.#pass();
    }
    if (isBinary) await checkEnd(this.#window, signal);
    const rowCount = this.#next;
    if (announcedRows !== undefined && announcedRows !== rowCount) {
      const reason = `its first line tells ${announcedRows} words, and it has ${rowCount}`;
      throw malformed(reason, this.#file.source.sizeBytes);
    }
    this.#restart();
    return { rowCount, wordBytes: Math.max(1, this.#wordBytes) };
  }

  /** Words of one length, NULs behind them. */
  get words(): RowSource {
    return {
      read: async (firstRow, rows, target, signal) => {
        await this.#read(firstRow, rows, signal);
        target.set(this.#words.subarray(0, rows * Math.max(1, this.#wordBytes)));
      },
    };
  }

  /** Float32, row by row. */
  get vectors(): RowSource {
    return {
      read: async (firstRow, rows, target, signal) => {
        await this.#read(firstRow, rows, signal);
        target.set(new Uint8Array(this.#vectors.buffer, 0, rows * this.#file.dim * 4));
      },
    };
  }

  #restart(): void {
    this.#window = new ByteWindow(this.#file.source, this.#file.start);
    this.#next = 0;
  }

  #read(firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    if (firstRow !== this.#firstRow) {
      this.#firstRow = firstRow;
      this.#reading = this.#load(firstRow, rows, signal);
    }
    return this.#reading;
  }

  async #load(firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    const { dim } = this.#file;
    const wordBytes = Math.max(1, this.#wordBytes);
    if (this.#vectors.length < rows * dim) this.#vectors = new Float32Array(rows * dim);
    if (this.#words.length < rows * wordBytes) this.#words = new Uint8Array(rows * wordBytes);
    this.#words.fill(0);
    if (this.#next > firstRow) this.#restart();
    while (this.#next < firstRow + rows) {
      if (!(await this.#find(signal)))
        throw malformed("it has become shorter since the import began", this.#file.source.sizeBytes);
      if (this.#next >= firstRow) this.#take(this.#next - firstRow, wordBytes);
      this.#pass();
    }
  }

  #pass(): void {
    this.#window.begin = this.#row.rowEnd;
    this.#next++;
  }

  #take(index: number, wordBytes: number): void {
    const { bytes } = this.#window;
    const { wordStart, wordEnd, vectorStart } = this.#row;
    for (let i = wordStart; i < wordEnd; i++) this.#words[index * wordBytes + i - wordStart] = bytes[i];
    if (this.#file.isBinary) this.#takeFloats(index, vectorStart);
    else this.#takeNumbers(index, vectorStart);
  }

  #takeFloats(index: number, start: number): void {
    const { dim } = this.#file;
    const { view } = this.#window;
    for (let k = 0; k < dim; k++) this.#vectors[index * dim + k] = view.getFloat32(start + 4 * k, true);
  }

  #takeNumbers(index: number, start: number): void {
    const { dim } = this.#file;
    const { bytes, view } = this.#window;
    let at = start;
    for (let k = 0; k < dim; k++) {
      const end = scanFloat32(bytes, view, at, this.#scan, this.#vectors, index * dim + k);
      if (end >= 0 && bytes[end] <= BLANK) at = end;
      else at = this.#otherNumber(at, index * dim + k);
      while (bytes[at] === BLANK || bytes[at] === TAB) at++;
    }
  }

  /** What JSON has not: `nan`, `.5`, `+1`. What is no number is refused as NaN where fields are checked. */
  #otherNumber(start: number, index: number): number {
    const { bytes } = this.#window;
    let end = start;
    while (bytes[end] > BLANK) end++;
    this.#vectors[index] = float32Of(Buffer.from(bytes.buffer, start, end - start).toString("latin1"));
    return end;
  }

  /** The next row, whole in the window; false at the end. */
  #find(signal: AbortSignal): Promise<boolean> {
    return this.#file.isBinary ? this.#findRecord(signal) : this.#findLine(signal);
  }

  async #findRecord(signal: AbortSignal): Promise<boolean> {
    const { dim, announcedRows } = this.#file;
    const window = this.#window;
    if (this.#next === announcedRows) return false;
    const wordEnd = await window.find(BLANK, signal);
    const cut = () =>
      badRow(this.#next, `it ends inside word ${this.#next} of ${announcedRows}`, this.#file.source.sizeBytes);
    if (wordEnd < 0) throw cut();
    const bytesToWord = wordEnd - window.begin;
    while (window.end - window.begin < bytesToWord + 1 + 4 * dim) if (!(await window.more(signal))) throw cut();
    const { bytes, begin } = window;
    // The first program of this name ends each record with a line feed, others do not.
    const wordStart = bytes[begin] === LINE_FEED ? begin + 1 : begin;
    const vectorStart = begin + bytesToWord + 1;
    Object.assign(this.#row, { wordStart, wordEnd: begin + bytesToWord, vectorStart, rowEnd: vectorStart + 4 * dim });
    return true;
  }

  async #findLine(signal: AbortSignal): Promise<boolean> {
    const window = this.#window;
    for (;;) {
      const at = await window.find(LINE_FEED, signal);
      const { bytes, begin } = window;
      const lineEnd = at < 0 ? window.end : at;
      let end = lineEnd;
      while (end > begin && isBlank(bytes[end - 1])) end--;
      if (end > begin) return this.#setLine(begin, end, lineEnd);
      if (at < 0) return false;
      window.begin = at + 1;
    }
  }

  /** The last numbers of a line are the vector, whatever blanks the word has. */
  #setLine(begin: number, end: number, lineEnd: number): true {
    const { dim } = this.#file;
    const { bytes } = this.#window;
    let at = end;
    for (let k = 0; k < dim; k++) {
      while (at > begin && !isBlank(bytes[at - 1])) at--;
      if (k === dim - 1) break;
      while (at > begin && isBlank(bytes[at - 1])) at--;
    }
    if (at <= begin) throw badRow(this.#next, `a line has no word and ${dim} numbers`, this.#window.offsetOf(begin));
    let wordEnd = at;
    while (wordEnd > begin && isBlank(bytes[wordEnd - 1])) wordEnd--;
    const row = this.#row;
    row.wordStart = begin;
    row.wordEnd = wordEnd;
    row.vectorStart = at;
    row.rowEnd = Math.min(lineEnd + 1, this.#window.end);
    return true;
  }
}

function float32Of(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? exactFloat32(text) : Number(text);
}

function isBlank(byte: number): boolean {
  return byte === BLANK || byte === TAB || byte === RETURN;
}
