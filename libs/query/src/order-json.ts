import { isNull, type VarColumn } from "@sluice/columns";
import {
  closingQuote,
  decodeText,
  findPath,
  type JsonPath,
  jsonKindAt,
  readJsonNumber,
  skipValue,
} from "@sluice/values";

/** What rows are ordered by that lies in JSON. Kinds follow one another: truth values, numbers, texts, then lists and objects as they are written. */
interface Ordered {
  readonly kind: number;
  readonly value: number | bigint | Buffer;
}

const kinds = { bool: 0, number: 1, string: 2 };
const OTHERS = 3;

/** Reads a place of JSON columns, each row once. Undefined where the place is missing or null. */
export class OrderedPlaces {
  readonly #path: JsonPath;
  readonly #known = new Map<VarColumn, Map<number, Ordered | undefined>>();

  constructor(path: JsonPath) {
    this.#path = path;
  }

  at(column: VarColumn, row: number): Ordered | undefined {
    const ofColumn = this.#known.get(column) ?? new Map<number, Ordered | undefined>();
    this.#known.set(column, ofColumn);
    if (!ofColumn.has(row)) ofColumn.set(row, orderedAt(column, row, this.#path));
    return ofColumn.get(row);
  }
}

/** Negative, 0 or positive. */
export function compareOrdered(a: Ordered, b: Ordered): number {
  if (a.kind !== b.kind) return a.kind - b.kind;
  if (Buffer.isBuffer(a.value)) return Buffer.compare(a.value, b.value as Buffer);
  // A bigint and a double are compared by value, exactly.
  const other = b.value as number | bigint;
  return a.value < other ? -1 : a.value > other ? 1 : 0;
}

function orderedAt(column: VarColumn, row: number, path: JsonPath): Ordered | undefined {
  if (isNull(column, row)) return undefined;
  const { data, offsets } = column;
  const end = offsets[row + 1];
  const at = findPath(data, offsets[row], end, path);
  const kind = at < 0 ? "null" : jsonKindAt(data, at);
  if (kind === "null") return undefined;
  if (kind === "string")
    return { kind: kinds.string, value: Buffer.from(decodeText(data, at + 1, closingQuote(data, at + 1, end))) };
  const text = Buffer.from(data.buffer, data.byteOffset + at, skipValue(data, at, end) - at);
  if (kind === "bool") return { kind: kinds.bool, value: Number(text.toString() === "true") };
  if (kind === "number") return { kind: kinds.number, value: readJsonNumber(data, at, skipValue(data, at, end)) };
  return { kind: OTHERS, value: text };
}
