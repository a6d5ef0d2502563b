import { findJsonError } from "@sluice/values";
import type { ToJson } from "./cell-text.ts";

const [OPEN_LIST, OPEN_BRACE] = [0x5b, 0x7b];

/** A list of Booleans: JSON, Python's `[True, False]`, or PostgreSQL's `{t,f}`. */
export const booleansToJson: ToJson = (bytes, start, stop, out) =>
  listToJson(bytes, start, stop, out, (item) => (isQuoted(item) ? undefined : booleans.get(item.toLowerCase())));

const booleans: ReadonlyMap<string, string> = new Map([
  ...["t", "true"].map((word) => [word, "true"] as const),
  ...["f", "false"].map((word) => [word, "false"] as const),
]);

/** A list of texts: JSON, DuckDB's and Python's `['a', 'it\'s']`, or PostgreSQL's `{a,"b c"}`. */
export const textsToJson: ToJson = (bytes, start, stop, out) =>
  listToJson(bytes, start, stop, out, (item) => {
    if (isQuoted(item)) return JSON.stringify(item.slice(1, -1).replace(/\\(.)/gs, "$1"));
    return /^null$/i.test(item) ? "null" : JSON.stringify(item);
  });

function isQuoted(item: string): boolean {
  return item.length > 1 && (item[0] === "'" || item[0] === '"') && item.endsWith(item[0]);
}

/** JSON as it is; of another list the items, each as `toJson` has it. */
function listToJson(
  bytes: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  toJson: (item: string) => string | undefined,
): number {
  const isJson = bytes[start] === OPEN_LIST && findJsonError(bytes, start, stop) < 0;
  if (isJson) {
    out.set(bytes.subarray(start, stop));
    return stop - start;
  }
  if (bytes[start] !== OPEN_LIST && bytes[start] !== OPEN_BRACE) return -1;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString("utf8");
  const items = splitList(text)?.map(toJson);
  if (!items || items.includes(undefined)) return -1;
  const json = Buffer.from(`[${items.join(",")}]`);
  if (json.length > out.length) return -1;
  out.set(json);
  return json.length;
}

/** Items of `[…]` or `{…}` with commas between them; undefined where quotes or brackets do not fit. */
function splitList(text: string): string[] | undefined {
  const close = text[0] === "[" ? "]" : "}";
  if (!text.endsWith(close)) return undefined;
  const body = text.slice(1, -1);
  if (body.trim() === "") return [];
  const items: string[] = [];
  for (let at = 0; ; at++) {
    const from = skipBlanks(body, at);
    const end = itemEnd(body, from);
    at = skipBlanks(body, end);
    const item = body.slice(from, end).trimEnd();
    if (item === "" || (at < body.length && body[at] !== ",")) return undefined;
    items.push(item);
    if (at === body.length) return items;
  }
}

function skipBlanks(text: string, at: number): number {
  let to = at;
  while (to < text.length && text[to] <= " ") to++;
  return to;
}

/** Behind the item at `at`: its closing quote, or what may not stand in an item without quotes. */
function itemEnd(text: string, at: number): number {
  const quote = text[at];
  let to = at;
  if (quote !== "'" && quote !== '"') {
    while (to < text.length && !`'"[]{},`.includes(text[to])) to++;
    return to;
  }
  for (to++; to < text.length && text[to] !== quote; to++) if (text[to] === "\\") to++;
  return Math.min(to + 1, text.length);
}
