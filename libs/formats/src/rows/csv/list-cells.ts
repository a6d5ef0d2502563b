import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { FloatListScanner } from "@sluice/kernels";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { findJsonError, float32ToBfloat16Bits, float32ToFloat16Bits, parseSparseJson } from "@sluice/values";
import { nullRefused } from "../../plan/refusals.ts";
import { parseStruct, type StructParser } from "../json/struct-parser.ts";
import { valueParser } from "../json/value-parsers.ts";
import { sparseTextToJson } from "../sparse-text.ts";
import { CellText, type ToJson } from "./cell-text.ts";
import type { CsvScanner } from "./csv-scanner.ts";
import { numbersToJson } from "./number-text.ts";
import { type CellParser, converted, typeName } from "./scalar-cells.ts";
import { booleansToJson, textsToJson } from "./word-lists.ts";

const [OPEN_LIST, OPEN_OBJECT] = [0x5b, 0x7b];

/** Dense float vectors: lists that the kernel reads, and the other forms that programs print. */
export function floatVectorCell(
  scanner: CsvScanner,
  builder: FixedBuilder,
  schema: CollectionSchema,
  lists: FloatListScanner,
): CellParser {
  const { dim } = builder.field;
  const { float32 } = builder.buffer;
  const parse = numberListCell(scanner, builder, schema);
  return (row) => {
    const { data, start, stop } = scanner;
    const isRead = data[start] === OPEN_LIST && lists.scan(data, start + 1, stop, float32, row * dim) === stop;
    if (!isRead) parse(row);
  };
}

/** Half vectors are lists of floats first. */
export function halfVectorCell(scanner: CsvScanner, builder: FixedBuilder, schema: CollectionSchema): CellParser {
  const { dim, dataType } = builder.field;
  const { uint16 } = builder.buffer;
  const isHalf = dataType === DataType.Float16Vector;
  const round = isHalf ? float32ToFloat16Bits : float32ToBfloat16Bits;
  const infinity = isHalf ? 0x7c00 : 0x7f80;
  const floats = new Float32Array(dim);
  const lists = new FloatListScanner(dim);
  const parse = numberListCell(scanner, builder, schema);
  return (row) => {
    const { data, start, stop } = scanner;
    if (data[start] !== OPEN_LIST || lists.scan(data, start + 1, stop, floats, 0) !== stop) return parse(row);
    for (let i = 0; i < dim; i++) {
      const bits = round(floats[i]);
      // Too large: once more, for the words.
      if ((bits & 0x7fff) === infinity) return parse(row);
      uint16[row * dim + i] = bits;
    }
  };
}

/** Lists of numbers in any of the forms of `numbersToJson`. */
export function numberListCell(
  scanner: CsvScanner,
  builder: FixedBuilder | VarBuilder,
  schema: CollectionSchema,
): CellParser {
  return jsonFormCell(scanner, builder, schema, numbersToJson);
}

/** Binary vectors: bits as pgvector prints them, bytes in hexadecimal as PostgreSQL prints `bytea`, or a list of bytes. */
export function binaryVectorCell(scanner: CsvScanner, builder: FixedBuilder, schema: CollectionSchema): CellParser {
  const { buffer, width, field } = builder;
  const parse = numberListCell(scanner, builder, schema);
  return (row) => {
    const { data, start, stop } = scanner;
    const out = buffer.bytes.subarray(row * width, (row + 1) * width);
    if (areBits(data, start, stop)) {
      const found = stop - start;
      if (found !== field.dim)
        scanner.invalid(
          `expected dim '${field.dim}' for field '${field.name}' with type 'BinaryVector', got dim '${found}'`,
        );
      packBits(data, start, out);
    } else if (!readHex(data, start, stop, out)) parse(row);
  };
}

function areBits(data: Uint8Array, start: number, stop: number): boolean {
  for (let i = start; i < stop; i++) if (data[i] !== 0x30 && data[i] !== 0x31) return false;
  return stop > start;
}

/** The first bit is the highest of the first byte, as `numpy.packbits` does it. */
function packBits(data: Uint8Array, start: number, out: Uint8Array): void {
  out.fill(0);
  for (let i = 0; i < out.length * 8; i++) if (data[start + i] === 0x31) out[i >> 3] |= 0x80 >> (i & 7);
}

/** `\x0aff`, of exactly as many bytes. */
function readHex(data: Uint8Array, start: number, stop: number, out: Uint8Array): boolean {
  if (data[start] !== 0x5c || data[start + 1] !== 0x78 || stop - start !== 2 + 2 * out.length) return false;
  const text = Buffer.from(data.buffer, data.byteOffset + start + 2, 2 * out.length).toString("latin1");
  if (!/^[0-9a-f]*$/i.test(text)) return false;
  out.set(Buffer.from(text, "hex"));
  return true;
}

/** A vector or array whose content, or another form of it, is a value of JSON rows. */
function jsonFormCell(
  scanner: CsvScanner,
  builder: FixedBuilder | VarBuilder,
  schema: CollectionSchema,
  toJson: ToJson,
): CellParser {
  const cell = new CellText(scanner, builder.field);
  const parse = valueParser(schema, builder);
  return (row) => {
    const listed = cell.load(toJson);
    // Objects that stand for vectors, such as Spark's, are the JSON parser's; so are words about an element of a list.
    const p = listed < 0 && mayBeJson(scanner) ? cell.load() : listed;
    if (p < 0) scanner.wrongType(typeName(builder), whyNoList(scanner.text()));
    cell.close(parse(cell, p, row));
  };
}

function mayBeJson({ data, start, stop }: CsvScanner): boolean {
  return data[start] === OPEN_OBJECT || (data[start] === OPEN_LIST && findJsonError(data, start, stop) < 0);
}

/** What is special about a text that is no list. */
function whyNoList(text: string): string {
  if (/\s\.\.\.\s/.test(text.slice(0, 1 << 20)))
    return ": the writer has left numbers out where it prints '...': the file has lost them, write it again as lists";
  return /\b(nan|inf|infinity)\b/i.test(text.slice(0, 1 << 20)) ? ": NaN and infinity are no values" : "";
}

/** Lists of an Array field. */
export function arrayCell(scanner: CsvScanner, builder: VarBuilder, schema: CollectionSchema): CellParser {
  const { elementType } = builder.field;
  switch (elementType) {
    case DataType.Bool:
      return jsonFormCell(scanner, builder, schema, booleansToJson);
    case DataType.VarChar:
    case DataType.String:
      return jsonFormCell(scanner, builder, schema, textsToJson);
    default:
      return jsonFormCell(scanner, builder, schema, numbersToJson);
  }
}

/** Both JSON forms, pgvector's, and a dictionary as Python prints it. */
export function sparseVectorCell(scanner: CsvScanner, builder: VarBuilder): CellParser {
  return (row) => {
    const { data, start, stop } = scanner;
    const text = data.subarray(start, stop);
    builder.put(
      row,
      converted(scanner, () => parseSparseJson(sparseTextToJson(text))),
    );
  };
}

const NULL = 0x6e;

/** A list of objects; `null` of JSON is the null key, too. */
export function structCell(scanner: CsvScanner, parser: StructParser): CellParser {
  const { struct, members } = parser;
  const cell = new CellText(scanner, { ...members[0].field, name: struct.name });
  return (row) => {
    const p = cell.load();
    if (cell.bytes[p] !== NULL) cell.close(parseStruct(parser, cell, p, row));
    else {
      cell.close(cell.word(p, "null"));
      if (!struct.nullable) scanner.invalid(nullRefused(struct.name));
      for (const member of members) member.fill(row);
    }
  };
}
