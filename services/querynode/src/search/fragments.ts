import { type Analyzer, tokensOf } from "@sluice/functions";
import type { AnswerBudget } from "../segment-rows.ts";
import type { Highlighting } from "./highlight-params.ts";

/** Characters of a text, half-open. */
interface Span {
  readonly start: number;
  end: number;
}

/** What is cut out of a text, and what is marked in it. */
interface Fragment extends Span {
  readonly marked: Span[];
}

/**
 * Pieces of a text around the words that are marked, those between the tags. Source: Milvus, internal/querynodev2/delegator/util.go.
 * @param isMarked of words as the analyzer makes them
 * @throws {StatusError} 1100 when they are more than the budget has
 */
export function fragmentsOf(
  text: string,
  isMarked: (word: string) => boolean,
  { analyzer, how, budget }: { readonly analyzer: Analyzer; readonly how: Highlighting; readonly budget: AnswerBudget },
): string[] {
  const spans = wordSpans(text, isMarked, analyzer);
  if (spans.length === 0) return [];
  const bytes = Buffer.from(text);
  const characters = characterStarts(bytes);
  const fragments = cut(inCharacters(spans, characters), characters.length - 1, how);
  const piece = (start: number, end: number) => bytes.toString("utf8", characters[start], characters[end]);
  return fragments.map((fragment) => taggedText(fragment, piece, how, budget));
}

/** In bytes, ascending, each apart from the next. */
function wordSpans(text: string, isMarked: (word: string) => boolean, analyzer: Analyzer): Span[] {
  const found = tokensOf(analyzer, text).filter((token) => isMarked(token.text));
  found.sort((a, b) => a.start - b.start);
  const spans: Span[] = [];
  for (const { start, end } of found) {
    const last = spans.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}

/** Where each character begins, and behind them where the text ends. */
function characterStarts(bytes: Uint8Array): Uint32Array {
  const starts = new Uint32Array(bytes.length + 1);
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] & 0xc0) !== 0x80) starts[count++] = at;
  starts[count] = bytes.length;
  return starts.subarray(0, count + 1);
}

function inCharacters(spans: readonly Span[], characters: Uint32Array): Span[] {
  let character = 0;
  const characterAt = (byte: number) => {
    while (characters[character] < byte) character++;
    return character;
  };
  return spans.map(({ start, end }) => ({ start: characterAt(start), end: characterAt(end) }));
}

function cut(spans: readonly Span[], length: number, how: Highlighting): Fragment[] {
  const fragments: Fragment[] = [];
  for (const span of spans) {
    const last = fragments.at(-1);
    if (last && span.start <= last.end) {
      last.marked.push(span);
      last.end = Math.max(last.end, span.end);
      continue;
    }
    if (fragments.length >= how.maxFragments) break;
    const start = Math.max(0, span.start - how.fragmentOffset);
    const end = Math.max(span.end, Math.min(start + how.fragmentSize, length));
    fragments.push({ start, end, marked: [span] });
  }
  return fragments;
}

function taggedText(
  { start, end, marked }: Fragment,
  piece: (start: number, end: number) => string,
  { preTags, postTags }: Highlighting,
  budget: AnswerBudget,
): string {
  const parts: string[] = [];
  const add = (part: string) => {
    budget.spend(Buffer.byteLength(part));
    parts.push(part);
  };
  let at = start;
  for (const [i, span] of marked.entries()) {
    add(piece(at, span.start));
    add(preTags[i % preTags.length]);
    add(piece(span.start, span.end));
    add(postTags[i % postTags.length]);
    at = span.end;
  }
  add(piece(at, end));
  return parts.join("");
}
