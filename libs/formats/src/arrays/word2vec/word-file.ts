import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import { ByteWindow } from "../byte-window.ts";
import { MAX_DIM, malformed } from "../one-file.ts";

/** How words and vectors stand in a file. */
export interface WordFile {
  readonly source: SourceFile;
  readonly isBinary: boolean;
  readonly dim: number;
  /** As the first line tells; undefined where there is no such line, as in GloVe's files. */
  readonly announcedRows: number | undefined;
  /** Of the first word. */
  readonly start: number;
}

/** Between the parts of a line. */
export const BLANK = 0x20;
/** Between lines. */
export const LINE_FEED = 0x0a;
/** That of UTF-8, byte by byte, as editors of Windows begin files. */
const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/**
 * Looks at the first lines: `ROWS DIM`, or none such, then words with numbers as text, or with float32.
 * @throws {ImportError} `malformed_file` for what is neither
 */
export async function openWords(source: SourceFile, signal: AbortSignal): Promise<WordFile> {
  const window = new ByteWindow(source, 0);
  const text = await line(window, signal);
  // It is no part of the first word.
  const begin = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const first = text.slice(begin);
  const header = /^(\d{1,15})[ \t]+(\d{1,6})\s*$/.exec(first);
  if (!header) return withoutHeader(source, first, begin, signal);
  const [announcedRows, dim] = [Number(header[1]), Number(header[2])];
  if (dim < 1 || dim > MAX_DIM) throw malformed(`its first line tells a dimension of ${dim}`, 0);
  const start = window.offsetOf(window.begin);
  const second = await line(window, signal);
  return { source, announcedRows, dim, start, isBinary: announcedRows > 0 && numbersIn(second) < dim };
}

async function withoutHeader(source: SourceFile, first: string, start: number, signal: AbortSignal): Promise<WordFile> {
  const dim = first.trim().split(/[ \t]+/).length - 1;
  if (dim < 1 || dim > MAX_DIM || numbersIn(first) < dim) {
    const reason = "its first line is neither ROWS and DIMENSION nor a word and numbers";
    throw await withContent(malformed(reason, 0), source, signal);
  }
  return { source, announcedRows: undefined, dim, start, isBinary: false };
}

/** The next line, without its end; of one that is far too long its beginning. */
async function line(window: ByteWindow, signal: AbortSignal): Promise<string> {
  const at = await window.find(LINE_FEED, signal);
  const end = at < 0 ? window.end : at;
  const { buffer } = window.bytes;
  const text = Buffer.from(buffer, window.begin, Math.min(end - window.begin, 1 << 20)).toString("latin1");
  window.begin = at < 0 ? end : at + 1;
  return text;
}

/** How many numbers a line ends with. */
function numbersIn(text: string): number {
  const words = text.trim().split(/[ \t]+/);
  let count = 0;
  for (
    let i = words.length - 1;
    i >= 0 && /^[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|nan|inf)$/.test(words[i]);
    i--
  )
    count++;
  return count;
}

/** Why words of a binary file may not be those that were written. */
const BLANKS_IN_WORDS =
  "in binary files a word ends at its first blank, and gensim writes words with blanks nevertheless, whose numbers cannot be told from " +
  "their text: save it as text (binary=False)";

/** A word of a binary file: bytes that no text has are a part of the vector before it. @throws {ImportError} */
export function checkWord(window: ByteWindow, start: number, end: number, row: number): void {
  const { bytes } = window;
  for (let i = start; i < end; i++) {
    if (bytes[i] >= BLANK) continue;
    const byte = bytes[i].toString(16).padStart(2, "0");
    throw badRow(row, `word ${row} has the byte 0x${byte}: ${BLANKS_IN_WORDS}`, window.offsetOf(i));
  }
}

/** Behind the last word of a binary file stands nothing but a line's end. @throws {ImportError} */
export async function checkEnd(window: ByteWindow, signal: AbortSignal): Promise<void> {
  do {
    const { bytes, end } = window;
    while (window.begin < end && bytes[window.begin] === LINE_FEED) window.begin++;
    if (window.begin < end)
      throw malformed(`something stands behind its last word: ${BLANKS_IN_WORDS}`, window.offsetOf(window.begin));
  } while (await window.more(signal));
}

/** What of a row is wrong. */
export function badRow(row: number, reason: string, byteOffset: number): ImportError {
  return new ImportError("malformed_file", reason, { row, byteOffset });
}
