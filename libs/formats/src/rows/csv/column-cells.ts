import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { FloatListScanner } from "@sluice/kernels";
import { type CollectionSchema, DataType, dataTypeName } from "@sluice/schema";
import { isNotFiniteWord, isNullableScalar } from "../../numbers/holes.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { nullRefused } from "../../plan/refusals.ts";
import type { ValueForm } from "../../plan/value-form.ts";
import { vectorCell } from "../../vector-cells.ts";
import type { StructParser } from "../json/struct-parser.ts";
import type { CsvScanner } from "./csv-scanner.ts";
import {
  arrayCell,
  binaryVectorCell,
  floatVectorCell,
  halfVectorCell,
  numberListCell,
  sparseVectorCell,
  structCell,
} from "./list-cells.ts";
import {
  boolCell,
  type CellParser,
  doubleCell,
  floatCell,
  geometryCell,
  int64Cell,
  intCell,
  jsonCell,
  textCell,
  timestamptzCell,
} from "./scalar-cells.ts";

/** Reads the cell at `p` into `row` of a column; answers the position behind the cell. */
export type CellReader = (p: number, row: number) => number;

/** Cells of a field. */
export function fieldReader(
  scanner: CsvScanner,
  builder: FixedBuilder | VarBuilder,
  { schema, options }: FieldPlan,
): CellReader {
  const { dataType, dim, name } = builder.field;
  const form = options.forms?.get(name);
  if (options.nanIsNull && isNullableScalar(builder.field))
    return cellReader(scanner, builder, name, cellParser(scanner, builder, schema), notANumber);
  if (form) return cellReader(scanner, builder, name, formCell(scanner, builder as FixedBuilder, form));
  if (dataType !== DataType.FloatVector)
    return cellReader(scanner, builder, name, cellParser(scanner, builder, schema));
  const list = new FloatListScanner(dim);
  const parse = floatVectorCell(scanner, builder as FixedBuilder, schema, list);
  return vectorReader(scanner, builder as FixedBuilder, list, cellReader(scanner, builder, name, parse));
}

/** Texts, which the null key may be; a null anywhere else is no value of the wrong type. */
const texts: ReadonlySet<DataType> = new Set([DataType.VarChar, DataType.String, DataType.Text]);

function cellReader(
  scanner: CsvScanner,
  builder: FixedBuilder | VarBuilder,
  name: string,
  parse: CellParser,
  isNothing = (cell: CsvScanner) => cell.isNull(),
): CellReader {
  const { canFill } = builder;
  const refusesNull = !canFill && !texts.has(builder.field.dataType);
  return (p, row) => {
    scanner.field = name;
    const behind = scanner.cell(p);
    if (canFill && isNothing(scanner)) {
      builder.fill(row);
      return behind;
    }
    if (refusesNull && scanner.isNull()) scanner.invalid(nullRefused(name));
    builder.setValid(row);
    parse(row);
    return behind;
  };
}

/** Null, or a word for what is no number, as `nan=null` wants it. */
function notANumber(scanner: CsvScanner): boolean {
  return scanner.isNull() || (scanner.stop - scanner.start <= "-Infinity".length && isNotFiniteWord(scanner.text()));
}

const OPEN_LIST = 0x5b;

/**
 * The hot path: a list of numbers is read where it stands, without looking for the end of its cell first, which costs as much
 * as half of the numbers. Whatever is not such a list, up to the separator behind it, is a cell like any other.
 */
function vectorReader(
  scanner: CsvScanner,
  builder: FixedBuilder,
  list: FloatListScanner,
  otherwise: CellReader,
): CellReader {
  const { quote, separator } = scanner.dialect;
  const { dim } = builder.field;
  const { float32 } = builder.buffer;
  // A list without quotes ends at its first comma where that is the separator.
  const isBareSafe = separator.length === 1 && !/[\d\s.,+\-eE[\]]/.test(String.fromCharCode(separator[0]));
  const isTab = separator.length === 1 && separator[0] === 0x09;
  const readsBare = isBareSafe || isTab;
  return (p, row) => {
    const { bytes } = scanner;
    const isQuoted = bytes[p] === quote;
    const open = isQuoted ? p + 1 : p;
    if (bytes[open] !== OPEN_LIST || !(isQuoted || readsBare)) return otherwise(p, row);
    const end = list.scan(bytes, open + 1, scanner.end, float32, row * dim);
    if (end === 0 || (isQuoted && bytes[end] !== quote)) return otherwise(p, row);
    const behind = isQuoted ? end + 1 : end;
    if (scanner.separatorAt(behind) === 0) {
      const line = scanner.lineEnd(behind);
      if (line < 0) return otherwise(p, row);
      builder.setValid(row);
      return line;
    }
    builder.setValid(row);
    return behind;
  };
}

function formCell(scanner: CsvScanner, { buffer, width, field }: FixedBuilder, form: ValueForm): CellParser {
  const cell = vectorCell(form, field);
  return (row) => {
    try {
      buffer.bytes.set(cell(scanner.data.subarray(scanner.start, scanner.stop)), row * width);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      scanner.invalid(error.message);
    }
  };
}

function cellParser(scanner: CsvScanner, builder: FixedBuilder | VarBuilder, schema: CollectionSchema): CellParser {
  const fixed = builder as FixedBuilder;
  const text = builder as VarBuilder;
  switch (builder.field.dataType) {
    case DataType.Bool:
      return boolCell(scanner, fixed);
    case DataType.Int8:
      return intCell(scanner, fixed, 1);
    case DataType.Int16:
      return intCell(scanner, fixed, 2);
    case DataType.Int32:
      return intCell(scanner, fixed, 4);
    case DataType.Int64:
      return int64Cell(scanner, fixed);
    case DataType.Float:
      return floatCell(scanner, fixed);
    case DataType.Double:
      return doubleCell(scanner, fixed);
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
      return textCell(scanner, text);
    case DataType.JSON:
      return jsonCell(scanner, text);
    case DataType.Geometry:
      return geometryCell(scanner, text);
    case DataType.Timestamptz:
      return timestamptzCell(scanner, fixed, schema.timezone);
    case DataType.Array:
      return arrayCell(scanner, text, schema);
    case DataType.Float16Vector:
    case DataType.BFloat16Vector:
      return halfVectorCell(scanner, fixed, schema);
    case DataType.BinaryVector:
      return binaryVectorCell(scanner, fixed, schema);
    case DataType.Int8Vector:
      return numberListCell(scanner, fixed, schema);
    case DataType.SparseFloatVector:
      return sparseVectorCell(scanner, text);
    default:
      throw new Error(`values of type ${dataTypeName(builder.field.dataType)} stand in struct arrays only`);
  }
}

/** Cells of a struct array. */
export function structReader(scanner: CsvScanner, parser: StructParser): CellReader {
  const { struct, members } = parser;
  const parse = structCell(scanner, parser);
  return (p, row) => {
    scanner.field = struct.name;
    const behind = scanner.cell(p);
    if (!scanner.isNull()) parse(row);
    else if (!struct.nullable) scanner.invalid(nullRefused(struct.name));
    else for (const member of members) member.fill(row);
    return behind;
  };
}

/** Cells that nothing takes. They are cells all the same. */
export function skippedReader(scanner: CsvScanner, name: string): CellReader {
  return (p) => {
    scanner.field = name;
    return scanner.cell(p);
  };
}
