import { isUtf8 } from "node:buffer";
import { excerptOfBytes as excerpt, excerpt as shortened } from "@sluice/errors";
import type { BytesSink } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { describeJsonError, dropRepeatedKeys, findJsonError, jsonTypeAt } from "@sluice/values";

/** Looks at values `[from, to)` of a sink; answers the first that is refused, or undefined. */
export type TextCheck = (values: BytesSink, from: number, to: number) => Refusal | undefined;

export interface Refusal {
  readonly index: number;
  readonly reason: string;
  /** Where the fault belongs to another field than the column's. */
  readonly field?: string;
}

/** The checks that values of a field have to pass, in order. */
export function textChecks(schema: CollectionSchema, field: FieldSchema): readonly TextCheck[] {
  const checks: TextCheck[] = [utf8Check(field.name)];
  const isText = field.dataType === DataType.VarChar || field.dataType === DataType.String;
  if (isText && field.maxLength > 0) checks.push(lengthCheck(field));
  if (field.dataType !== DataType.JSON) return checks;
  checks.push(field.isDynamic ? dynamicCheck(schema) : jsonCheck(field));
  return checks;
}

/**
 * One native pass over all bytes. Where the whole is UTF-8, a value could only be broken at its borders, and then the next
 * one would start with a continuation byte.
 */
export function utf8Check(name: string): TextCheck {
  return ({ data, offsets }, from, to) => {
    let ok = isUtf8(data.subarray(offsets[from], offsets[to]));
    for (let i = from; ok && i < to; i++) ok = offsets[i] === offsets[i + 1] || (data[offsets[i]] & 0xc0) !== 0x80;
    if (ok) return undefined;
    for (let i = from; i < to; i++) {
      const value = data.subarray(offsets[i], offsets[i + 1]);
      if (!isUtf8(value))
        return { index: i, reason: `field '${name}' contains invalid UTF-8 data, value=${excerpt(value)}` };
    }
    return undefined;
  };
}

export function lengthCheck(field: FieldSchema): TextCheck {
  const { name, maxLength } = field;
  return ({ offsets }, from, to) => {
    for (let i = from; i < to; i++) {
      const length = offsets[i + 1] - offsets[i];
      if (length > maxLength)
        return { index: i, reason: `value length(${length}) for field ${name} exceeds max_length(${maxLength})` };
    }
    return undefined;
  };
}

function jsonCheck(field: FieldSchema): TextCheck {
  return ({ data, offsets }, from, to) => {
    for (let i = from; i < to; i++) {
      const error = findJsonError(data, offsets[i], offsets[i + 1]);
      if (error < 0) {
        dropRepeatedKeys(data, offsets[i], offsets[i + 1]);
        continue;
      }
      const value = excerpt(data.subarray(offsets[i], offsets[i + 1]));
      const why = `at its byte ${error - offsets[i]}: ${describeJsonError(data, error, offsets[i + 1])}`;
      return {
        index: i,
        reason: `expected JSON text for field '${field.name}', found an error ${why}, value=${value}`,
      };
    }
    return undefined;
  };
}

/** `$meta`: a JSON object none of whose keys is a field. */
function dynamicCheck(schema: CollectionSchema): TextCheck {
  const names = new Set([...schema.fields.map(({ name }) => name), ...schema.structs.map(({ name }) => name)]);
  return ({ data, offsets }, from, to) => {
    for (let i = from; i < to; i++) {
      const [start, end] = [offsets[i], offsets[i + 1]];
      const error = findJsonError(data, start, end);
      if (error >= 0) {
        const why = `${describeJsonError(data, error, end)}, value=${excerpt(data.subarray(start, end))}`;
        return { index: i, reason: `illegal value for dynamic field, not a JSON format string: ${why}` };
      }
      if (jsonTypeAt(data, start) !== "object") {
        return {
          index: i,
          reason: `illegal value for dynamic field, not a JSON object: ${excerpt(data.subarray(start, end))}`,
        };
      }
      dropRepeatedKeys(data, start, end);
      const key = findKey(data, start, end, names);
      if (key !== undefined)
        return {
          index: i,
          reason: `duplicated key is not allowed, key=${shortened(key)}: it is a field and stands in $meta too`,
          field: key,
        };
    }
    return undefined;
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** First key of the outermost object that is one of `names`. The text is valid JSON. */
function findKey(data: Uint8Array, start: number, end: number, names: ReadonlySet<string>): string | undefined {
  let depth = 0;
  let isKey = false;
  for (let at = start; at < end; at++) {
    const byte = data[at];
    if (byte === QUOTE) {
      const close = endOfString(data, at);
      if (isKey && depth === 1) {
        const key = JSON.parse(Buffer.from(data.subarray(at, close + 1)).toString()) as string;
        if (names.has(key)) return key;
      }
      isKey = false;
      at = close;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      isKey = byte === 0x7b;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === 0x2c) isKey = true; // In a list of depth 1 or more this is wrong, and harmless: the depth tells.
  }
  return undefined;
}

/** Offset of the closing quote of the string that opens at `at`. */
function endOfString(data: Uint8Array, at: number): number {
  for (let i = at + 1; ; i++) {
    if (data[i] === QUOTE) return i;
    if (data[i] === BACKSLASH) i++;
  }
}
