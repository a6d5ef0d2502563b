/** Text of one vector; a longer one is refused by whoever parses it as JSON. */
const MAX_TEXT_BYTES = 4 << 20;
const [OPEN, CLOSE] = [0x7b, 0x7d];

/**
 * A sparse vector's text as JSON: pgvector's `{1:1.5,5:2}/5`, whose indexes count from 1, and Python's `{0: 1.5, 4: 2.0}`,
 * whose count from 0. What is of no such form is answered as it is, for the parser of JSON to judge.
 * @throws {RangeError} for an index beyond the dimension that the text names
 */
export function sparseTextToJson(text: Uint8Array): Uint8Array {
  const first = text.findIndex((byte, i) => i > 0 && byte > 0x20);
  // A quote behind the brace begins a key of JSON.
  const mayBePairs = text[0] === OPEN && (isDigit(text[first]) || text[first] === CLOSE);
  if (!mayBePairs || text.length > MAX_TEXT_BYTES) return text;
  const [body, rest, ...more] = Buffer.from(text).toString("latin1").slice(1).split("}");
  const dim = /^\s*(?:\/\s*(\d+)\s*)?$/.exec(rest);
  const members = body.trim() === "" ? [] : body.split(",").map((pair) => memberOf(pair, dim?.[1]));
  return dim && more.length === 0 && !members.includes(undefined) ? Buffer.from(`{${members.join(",")}}`) : text;
}

/** `3:0.5` as a member of an object; undefined where it is none. */
function memberOf(pair: string, dim: string | undefined): string | undefined {
  const match = /^\s*(\d{1,20})\s*:\s*([-+.\deE]{1,400})\s*$/.exec(pair);
  if (!match) return undefined;
  const [index, value] = [Number(match[1]), Number(match[2])];
  if (dim === undefined) return `"${index}":${value}`;
  const isInside = index >= 1 && index <= Number(dim);
  if (!isInside) throw new RangeError(`expected indices from 1 to ${dim} in '{index:value,…}/${dim}', found ${index}`);
  return `"${index - 1}":${value}`;
}

function isDigit(byte: number): boolean {
  return (byte - 0x30) >>> 0 <= 9;
}
