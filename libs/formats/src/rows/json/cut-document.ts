import type { SourceFile } from "@sluice/object-store";
import { type FileWindow, FileWindows, NEEDS_MORE } from "../file-windows.ts";
import { Skim } from "./columns/skim.ts";
import type { DocumentShape } from "./json-shape.ts";
import { RowProof } from "./row-proof.ts";
import { Scanner } from "./scanner.ts";

// A list of rows may be cut at any byte: a part owns the rows that begin in it, from its first telling row on up to the first
// telling one of the next part. Both sides find the same row, each by itself.

const [OPEN_OBJECT, QUOTE] = [0x7b, 0x22];
/** Small, since most objects are told after some hundred bytes. */
const CHUNK_BYTES = 1 << 20;

/**
 * Whether the object at `p` may be the first row of a part: behind the quote of its first key stands what cannot follow a string,
 * so that the quote begins one. May throw NEEDS_MORE.
 */
export function isTelling(scanner: Scanner, p: number): boolean {
  const { bytes } = scanner;
  if (bytes[p] !== OPEN_OBJECT) return false;
  const quote = scanner.blanks(p + 1);
  if (quote + 1 >= scanner.end && !scanner.window.isLast) throw NEEDS_MORE;
  return (
    bytes[quote] === QUOTE && bytes[quote + 1] > 0x20 && !'",:]}\\'.includes(String.fromCharCode(bytes[quote + 1]))
  );
}

/** Offset of the first telling row that begins at `begin` or behind; undefined when there is none. */
export async function firstRowFrom(
  source: SourceFile,
  begin: number,
  { path }: DocumentShape,
  signal: AbortSignal,
): Promise<number | undefined> {
  let from = begin;
  for (;;) {
    const candidate = await nextObject(source, from, signal);
    if (candidate === undefined) return undefined;
    const verdict = await judged(source, candidate, path.length, signal);
    if (verdict === "row") return candidate;
    from = Math.max(candidate + 1, verdict);
  }
}

/** Rows of the document that begin before `end`, which is the offset of one. */
export async function rowsUpTo(
  source: SourceFile,
  end: number,
  holderAt: (scanner: Scanner, p: number) => number,
  signal: AbortSignal,
): Promise<number> {
  const skim = new Skim(false);
  let skipped: number | undefined;
  await eachWindow(source, 0, signal, (window) => {
    const from = skipped === undefined ? holderAt(scannerOf(source, window), window.begin) : window.begin + skipped;
    const to = Math.min(window.end, end - window.base);
    const at = from < to ? skim.pass({ ...window, end: to }, from) : -1;
    skipped = at < 0 ? ~at : 0;
    return at >= 0 || to < window.end ? { done: true } : { rest: window.end };
  });
  return skim.count;
}

async function nextObject(source: SourceFile, from: number, signal: AbortSignal): Promise<number | undefined> {
  let found: number | undefined;
  await eachWindow(source, from, signal, (window) => {
    const scanner = scannerOf(source, window);
    let at = window.begin;
    for (;;) {
      at = window.bytes.indexOf(OPEN_OBJECT, at);
      if (at < 0 || at >= window.end) return { rest: window.end };
      try {
        if (isTelling(scanner, at)) {
          found = window.base + at;
          return { done: true };
        }
      } catch (error) {
        if (error === NEEDS_MORE) return { rest: at };
        throw error;
      }
      at++;
    }
  });
  return found;
}

async function judged(
  source: SourceFile,
  candidate: number,
  closing: number,
  signal: AbortSignal,
): Promise<"row" | number> {
  const proof = new RowProof(candidate, closing);
  let verdict: "row" | number = "row";
  let skipped = 0;
  await eachWindow(source, candidate, signal, (window) => {
    const found = proof.pass(window, window.begin + skipped);
    skipped = proof.resume;
    if (found === undefined) return { rest: window.end };
    verdict = found === "row" ? found : window.base + found;
    return { done: true };
  });
  return verdict;
}

/** Calls `look` with windows of the file until it is done; what it leaves of one comes with the next. */
async function eachWindow(
  source: SourceFile,
  start: number,
  signal: AbortSignal,
  look: (window: FileWindow) => { readonly done: true } | { readonly rest: number },
): Promise<void> {
  const windows = new FileWindows(source, { chunkBytes: CHUNK_BYTES, start, signal });
  let window: FileWindow | undefined;
  try {
    for (let rest = 0; ; ) {
      signal.throwIfAborted();
      window = await windows.next(window, rest);
      const answer = look(window);
      if ("done" in answer || window.isLast) return;
      rest = answer.rest;
    }
  } finally {
    await windows.close(window);
  }
}

function scannerOf({ path }: SourceFile, window: FileWindow): Scanner {
  const scanner = new Scanner(path);
  scanner.open(window);
  return scanner;
}
