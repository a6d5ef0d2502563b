import { isUtf8 } from "node:buffer";
import { excerptOfBytes } from "@sluice/errors";
import { DataType, type FieldSchema } from "@sluice/schema";
import { describeJsonError, dropRepeatedKeys, findJsonError } from "@sluice/values";
import type { DynamicColumn } from "./plan/dynamic-column.ts";
import { tooLong } from "./plan/refusals.ts";

// Checks of whole columns of text, for formats whose columns are read apart. Rows of text are checked as they are parsed.

/** Texts one after the other. */
export interface Texts {
  readonly data: Uint8Array;
  readonly offsets: Uint32Array;
}

/** Takes what is refused, by position; `field` where the fault belongs to another one than the column's. */
export type RefuseText = (index: number, reason: string, field?: string) => void;

/** Looks at values `[from, to)` and refuses those that the field does not take. */
export type TextCheck = (texts: Texts, from: number, to: number, refuse: RefuseText) => void;

/** The checks that values of a field have to pass, in order. */
export function textChecks(field: FieldSchema, dynamic: DynamicColumn): readonly TextCheck[] {
  const checks: TextCheck[] = [utf8Check(field.name)];
  const isText = field.dataType === DataType.VarChar || field.dataType === DataType.String;
  if (isText && field.maxLength > 0) checks.push(lengthCheck(field));
  if (field.dataType !== DataType.JSON) return checks;
  checks.push(field.isDynamic ? dynamicCheck(dynamic) : jsonCheck(field));
  return checks;
}

/**
 * One native pass over all bytes. Where the whole is UTF-8, a value could only be broken at its borders, and then the next
 * one would start with a continuation byte.
 */
export function utf8Check(name: string): TextCheck {
  return ({ data, offsets }, from, to, refuse) => {
    let areWhole = true;
    for (let i = from; i < to; i++)
      if (offsets[i] !== offsets[i + 1] && (data[offsets[i]] & 0xc0) === 0x80) areWhole = false;
    if (areWhole && isUtf8(data.subarray(offsets[from], offsets[to]))) return;
    for (let i = from; i < to; i++) {
      const value = data.subarray(offsets[i], offsets[i + 1]);
      if (!isUtf8(value)) refuse(i, `field '${name}' contains invalid UTF-8 data, value=${excerptOfBytes(value)}`);
    }
  };
}

/** Against `maxLength` of the field, in bytes of UTF-8. */
export function lengthCheck(field: FieldSchema): TextCheck {
  return ({ data, offsets }, from, to, refuse) => {
    for (let i = from; i < to; i++) {
      const length = offsets[i + 1] - offsets[i];
      if (length > field.maxLength) refuse(i, tooLong(field, data.subarray(offsets[i], offsets[i + 1])));
    }
  };
}

function jsonCheck(field: FieldSchema): TextCheck {
  return ({ data, offsets }, from, to, refuse) => {
    for (let i = from; i < to; i++) {
      const [start, end] = [offsets[i], offsets[i + 1]];
      const error = findJsonError(data, start, end);
      if (error < 0) {
        dropRepeatedKeys(data, start, end);
        continue;
      }
      const why = `at its byte ${error - start}: ${describeJsonError(data, error, end)}`;
      const value = excerptOfBytes(data.subarray(start, end));
      refuse(i, `expected JSON text for field '${field.name}', found an error ${why}, value=${value}`);
    }
  };
}

function dynamicCheck(dynamic: DynamicColumn): TextCheck {
  return ({ data, offsets }, from, to, refuse) => {
    for (let i = from; i < to; i++) {
      const refusal = dynamic.refusalOf(data, offsets[i], offsets[i + 1]);
      if (refusal) refuse(i, refusal.reason, refusal.field);
    }
  };
}
