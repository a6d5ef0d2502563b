/**
 * Plain data, as records and orders of tasks hold it, as JSON text that keeps bigint exact and apart from numbers, whatever its
 * size: the value 123n is the string `"#123"`, and a string that starts with `#` gets one more `#` in front. Lists of more than
 * eight bigints are one string of differences, bytes are base64. Only values are marked, names of members are not.
 * A mark costs less than a reviver that looks at the source text of each number, and shows the type in a dump.
 * @throws {TypeError} for what JSON would lose without a word: NaN, maps, sets, functions, typed arrays but bytes
 */
export function encodePlain(data: unknown): string {
  return JSON.stringify(data, encodeValue);
}

/** The inverse of `encodePlain`. Members that were undefined are absent. @throws {SyntaxError} for other text */
export function decodePlain(text: string): unknown {
  // A reviver of JSON.parse, which is called for each value, takes three times as long.
  return unmarked(JSON.parse(text));
}

/** A value without marks; lists and objects are changed where they are. */
function unmarked(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith("#") ? decodeMarked(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) value[i] = unmarked(value[i]);
  else for (const name of Object.keys(value)) unmarkMember(value as Record<string, unknown>, name);
  return value;
}

function unmarkMember(record: Record<string, unknown>, name: string): void {
  const found = record[name];
  const value = unmarked(found);
  if (value === found) return;
  // Assigned, a member of this name would vanish.
  if (name === "__proto__") Object.defineProperty(record, name, { value });
  else record[name] = value;
}

function encodeValue(this: unknown, name: string, value: unknown): unknown {
  switch (typeof value) {
    case "bigint":
      return `#${value}`;
    case "string":
      return value.startsWith("#") ? `#${value}` : value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw new TypeError(`plain data cannot hold ${value} ("${name}")`);
    case "boolean":
    case "undefined":
      return value;
    case "object": {
      if (Array.isArray(value)) return isLongList(value) ? packed(value) : value;
      // Buffers have turned themselves into something else before they get here.
      const original = (this as Record<string, unknown>)[name];
      if (original instanceof Uint8Array) return `#=${Buffer.from(original).toString("base64")}`;
      if (value === null || isPlain(value)) return value;
    }
  }
  throw new TypeError(`plain data cannot hold a ${typeof value} of this kind ("${name}")`);
}

/** Maps, sets and typed arrays would lose their content without a word. */
function isPlain(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function decodeMarked(value: string): unknown {
  if (value.startsWith("#[")) return unpacked(value.slice(2));
  if (value.startsWith("#=")) return new Uint8Array(Buffer.from(value.slice(2), "base64"));
  return value.startsWith("##") ? value.slice(1) : BigInt(value.slice(1));
}

/** Longer lists of bigint are packed. */
const FEW = 8;

function isLongList(list: readonly unknown[]): list is readonly bigint[] {
  return list.length > FEW && list.every((item) => typeof item === "bigint");
}

/** Differences, in base 36: ids of one job lie close together, and a hundred thousand of them must fit into one record. */
function packed(list: readonly bigint[]): string {
  let last = 0n;
  const differences = list.map((item) => {
    const difference = item - last;
    last = item;
    return difference.toString(36);
  });
  return `#[${differences.join(",")}`;
}

function unpacked(text: string): bigint[] {
  let last = 0n;
  return text.split(",").map((difference) => {
    last += fromBase36(difference);
    return last;
  });
}

/** A double holds ten digits of base 36 exactly; the rest goes another round. */
function fromBase36(text: string): bigint {
  if (text.length <= 10) return BigInt(Number.parseInt(text, 36));
  if (text.startsWith("-")) return -fromBase36(text.slice(1));
  const high = fromBase36(text.slice(0, -10));
  return high * 36n ** 10n + BigInt(Number.parseInt(text.slice(-10), 36));
}
