/** The engine tells revivers the text of a number, and takes one back. Source: ECMAScript, "JSON.parse source text access". */
interface SourceTextJson {
  parse(text: string, reviver: (key: string, value: unknown, written: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}

const json = JSON as unknown as SourceTextJson;

/** JSON whose integers are exact: those that numbers may not hold are bigints. @throws {SyntaxError} */
export function parseWithBigInts(text: string): unknown {
  return parseUnsafe(text, BigInt);
}

/** JSON that is written again with the integers that it had (`JSON.stringify`), also those that numbers may not hold. @throws {SyntaxError} */
export function parseEchoing(text: string): unknown {
  return parseUnsafe(text, json.rawJSON);
}

/** Whether all integers of parsed JSON are those that its text had. */
export function isExact(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) || !Number.isInteger(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isExact);
}

/** An integer of 64 bits as `JSON.stringify` writes it as a number, exactly. */
export function jsonInteger(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : json.rawJSON(String(value));
}

/** Whether it is a number that is written as its text says. */
export function isEchoed(value: unknown): boolean {
  return json.isRawJSON(value);
}

function parseUnsafe(text: string, exactly: (source: string) => unknown): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source = "" }) => (isUnsafe(value, source) ? exactly(source) : value));
}

function isUnsafe(value: unknown, source: string): boolean {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
}
