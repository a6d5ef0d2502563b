/**
 * Records as JSON text that keeps bigint exact and apart from numbers, whatever its size: the value 123n is the string
 * `"#123"`, and a string that starts with `#` gets one more `#` in front. Only values are marked, names of members are not.
 * A mark costs less than a reviver that looks at the source text of each number, and shows the type in a dump.
 */
export function encodeRecord(record: unknown): string {
  return JSON.stringify(record, encodeValue);
}

/** The inverse of `encodeRecord`. Members that were undefined are absent. @throws {SyntaxError} for other text */
export function decodeRecord(text: string): unknown {
  return JSON.parse(text, decodeValue);
}

function encodeValue(name: string, value: unknown): unknown {
  switch (typeof value) {
    case "bigint":
      return `#${value}`;
    case "string":
      return value.startsWith("#") ? `#${value}` : value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw new TypeError(`a record cannot hold ${value} ("${name}")`);
    case "boolean":
    case "undefined":
      return value;
    case "object":
      if (value === null || Array.isArray(value) || isPlain(value)) return value;
  }
  throw new TypeError(`a record cannot hold a ${typeof value} of this kind ("${name}")`);
}

/** Maps, sets and typed arrays would lose their content without a word. */
function isPlain(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function decodeValue(_name: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("#")) return value;
  return value.startsWith("##") ? value.slice(1) : BigInt(value.slice(1));
}
