/**
 * Levels of lists and objects that a body may have: those of a value in a row (`libs/values`), and the few around it. What reads bodies
 * goes down level by level, and ends where the stack does.
 */
export const MAX_BODY_DEPTH = 640;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where a body goes deeper than it may, in characters; -1 where it does not. What is no JSON is left to its parser. */
export function tooDeepAt(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_BODY_DEPTH) return at;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return -1;
}

/** Of the text that opens at `open`; the end where there is none. */
function closingQuote(text: string, open: number): number {
  for (let at = open + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
}
