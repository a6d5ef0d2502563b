import { type Column, createBuilder, varValue } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { CollectionSchema, FieldSchema } from "@sluice/schema";
import { SENTINEL_BYTES } from "../file-windows.ts";
import { Scanner } from "./scanner.ts";
import { valueParser } from "./value-parsers.ts";

/**
 * The value of a field, in column encoding, from the JSON text that a row of JSON would have for it; for columns whose texts
 * are JSON. What it answers is valid until the next call.
 * @throws {RangeError} with the reason, as the user reads it
 */
export function jsonCell(schema: CollectionSchema, field: FieldSchema): (text: Uint8Array) => Uint8Array {
  const builder = createBuilder({ ...field, nullable: false, defaultValue: undefined }, 1);
  const parse = valueParser(schema, builder);
  const scanner = new Scanner("");
  scanner.field = field.name;
  const open = opener(scanner);
  return (text) => {
    open(text);
    try {
      const end = scanner.blanks(parse(scanner, scanner.blanks(0), 0));
      if (end < text.length) scanner.syntax(end, "the end of the value");
    } catch (error) {
      throw error instanceof ImportError ? new RangeError(inText(error.reason)) : error;
    }
    return firstCell(builder.take(1));
  };
}

/** Lets the scanner read a text as if it were a file; numbers want to look at what is behind them. */
export function opener(scanner: Scanner): (text: Uint8Array) => void {
  let bytes = new Uint8Array(1024);
  let view = new DataView(bytes.buffer);
  return (text) => {
    if (text.length + SENTINEL_BYTES > bytes.length) {
      bytes = new Uint8Array(2 * text.length + SENTINEL_BYTES);
      view = new DataView(bytes.buffer);
    }
    bytes.set(text);
    bytes.fill(0, text.length, text.length + SENTINEL_BYTES);
    scanner.open({ begin: 0, end: text.length, base: 0, isLast: true, isUtf8: true, bytes, view });
  };
}

/** The bytes of the first value. */
export function firstCell(column: Column): Uint8Array {
  return column.kind === "fixed" ? column.data.subarray(0, column.width) : varValue(column, 0);
}

/** What the scanner says of a row is said of a text here. */
function inText(reason: string): string {
  return reason.replace("failed to decode row, error", "the text of the value is no JSON");
}
