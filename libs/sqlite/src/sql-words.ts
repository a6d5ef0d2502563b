/** A word of SQL; `text` is a name without its quotes, `raw` as it stands. */
export interface SqlWord {
  readonly text: string;
  readonly raw: string;
  /** In quotes of any kind, so it is no keyword. */
  readonly isQuoted: boolean;
}

const WORD =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*'|[\p{L}_$\d.\u0080-\u{10ffff}]+|[\s\S]/gu;

/** The words of a statement, without blanks and comments. */
export function sqlWords(sql: string): SqlWord[] {
  const words: SqlWord[] = [];
  for (const [raw] of sql.matchAll(WORD)) {
    if (/^(?:\s|--|\/\*)/.test(raw)) continue;
    words.push(/^["`'[]/.test(raw) && raw.length > 1 ? quoted(raw) : { text: raw, raw, isQuoted: false });
  }
  return words;
}

function quoted(raw: string): SqlWord {
  const inside = raw.slice(1, -1);
  const text = raw[0] === "[" ? inside : inside.replaceAll(raw[0].repeat(2), raw[0]);
  return { text, raw, isQuoted: true };
}

/** Whether a word is this keyword or sign, in capitals. */
export function isWord(word: SqlWord | undefined, keyword: string): boolean {
  return word !== undefined && !word.isQuoted && word.text.toUpperCase() === keyword;
}

/**
 * The parts of a list in parentheses that begins at `open`, apart at its commas.
 * @returns undefined where it does not end
 */
export function listAt(words: readonly SqlWord[], open: number): { parts: SqlWord[][]; end: number } | undefined {
  const parts: SqlWord[][] = [[]];
  let depth = 0;
  for (let i = open; i < words.length; i++) {
    if (isWord(words[i], "(") && depth++ === 0) continue;
    if (isWord(words[i], ")") && --depth === 0) return { parts, end: i + 1 };
    if (depth === 1 && isWord(words[i], ",")) parts.push([]);
    else parts[parts.length - 1].push(words[i]);
  }
  return undefined;
}
