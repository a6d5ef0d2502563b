import { spareMemory } from "@sluice/async";
import { type Column, createBuilder, type FixedBuilder } from "@sluice/columns";
import { DataType, dataTypeName, type FieldSchema, fixedWidth, isVector } from "@sluice/schema";
import { FIXED32, FIXED64, VARINT } from "@sluice/values";
import { cellColumn } from "./decode-cells.ts";
import { type GivenRows, placesOf } from "./given-rows.ts";
import { countVarints, packedNumbers, readVarints } from "./packed-numbers.ts";
import { bytesOf, type FieldBytes, messageOf, numberOf } from "./split-field-data.ts";

/**
 * A column of what another program sent. Where rows are null, values may have placeholders there, as answers have them for
 * scalars, or leave them out, as those of vectors and requests do; a null becomes the field's stand-in. The column has memory of its own.
 * @param timezone of times that are text without an offset
 * @throws {RangeError} saying what is wrong with the values
 */
export function columnOfData(field: FieldSchema, data: FieldBytes, rowCount: number, timezone: string): Column {
  checkType(field, data);
  if (data.valid && data.valid.length !== rowCount)
    throw new RangeError(
      `field '${field.name}' says of ${data.valid.length} rows which are null, and there are ${rowCount}`,
    );
  const values = data.scalars ?? data.vectors ?? NONE;
  const rows = { rowCount, valid: data.valid };
  // Both count the values before they make a column: a request may claim any number of rows.
  if (fixedWidth(field) > 0 && field.dataType !== DataType.Timestamptz)
    return fixedColumn(field, fixedValues(field, values, rows), rows);
  return cellColumn(field, values, rows, timezone);
}

/** A text field may be called by its old name. */
function checkType(field: FieldSchema, { type }: FieldBytes): void {
  const isText = (of: number) => of === DataType.VarChar || of === DataType.String || of === DataType.Text;
  if (type === field.dataType || (isText(type) && isText(field.dataType))) return;
  const [expected, found] = [dataTypeName(field.dataType), dataTypeName(type)];
  throw new RangeError(`field '${field.name}' is of type ${expected}, and ${found} was sent`);
}

/** Values as their column has them, one after the other. */
function fixedValues(field: FieldSchema, values: Uint8Array, rows: GivenRows): Uint8Array {
  if (isVector(field.dataType)) return vectorValues(field, values);
  switch (field.dataType) {
    case DataType.Bool:
      return integers(field, messageOf(values, 1), rows);
    case DataType.Int64:
      return integers(field, messageOf(values, 3), rows);
    case DataType.Float:
      return packedNumbers(messageOf(values, 4) ?? NONE, 1, FIXED32);
    case DataType.Double:
      return packedNumbers(messageOf(values, 5) ?? NONE, 1, FIXED64);
    default:
      return integers(field, messageOf(values, 2), rows);
  }
}

const NONE = new Uint8Array(0);

function vectorValues(field: FieldSchema, values: Uint8Array): Uint8Array {
  const dim = numberOf(values, 1);
  const member = VECTOR_MEMBERS[field.dataType];
  const isFloat = field.dataType === DataType.FloatVector;
  const data = (isFloat ? messageOf(values, member) : bytesOf(values, member)) ?? NONE;
  if (data.length > 0 && dim !== field.dim)
    throw new RangeError(`field '${field.name}' has ${field.dim} dimensions, and vectors of ${dim} were sent`);
  return isFloat ? packedNumbers(data, 1, FIXED32) : data;
}

/** Members of `schema.VectorField`. */
const VECTOR_MEMBERS: Readonly<Record<number, number>> = {
  [DataType.FloatVector]: 2,
  [DataType.BinaryVector]: 3,
  [DataType.Float16Vector]: 4,
  [DataType.BFloat16Vector]: 5,
  [DataType.Int8Vector]: 7,
};

function integers(field: FieldSchema, list: Uint8Array | undefined, rows: GivenRows): Uint8Array {
  const packed = packedNumbers(list ?? NONE, 1, VARINT);
  const count = countVarints(packed);
  // Before a byte of each becomes eight.
  if (count !== rows.rowCount) placesOf(field, count, rows);
  const words = new Uint32Array(2 * count);
  readVarints(packed, words);
  const width = fixedWidth(field);
  return width === 8 ? new Uint8Array(words.buffer) : narrowed(field, words, count, width);
}

/** The lower bytes of numbers, which must hold all of it. */
function narrowed(field: FieldSchema, words: Uint32Array, count: number, width: number): Uint8Array {
  const Typed = { 1: Int8Array, 2: Int16Array, 4: Int32Array }[width as 1 | 2 | 4];
  const values = new Typed(count);
  const isBool = field.dataType === DataType.Bool;
  for (let i = 0; i < count; i++) {
    const value = words[2 * i] | 0;
    values[i] = isBool ? Number(value !== 0) : value;
    if (!isBool && values[i] !== value)
      throw new RangeError(`field '${field.name}' of type ${dataTypeName(field.dataType)} cannot hold ${value}`);
  }
  return new Uint8Array(values.buffer);
}

function fixedColumn(field: FieldSchema, values: Uint8Array, { rowCount, valid }: GivenRows): Column {
  const width = fixedWidth(field);
  if (values.length % width !== 0)
    throw new RangeError(
      `field '${field.name}': ${values.length} bytes are no whole number of values of ${width} bytes`,
    );
  const places = placesOf(field, values.length / width, { rowCount, valid });
  const builder = createBuilder(field, rowCount, { take: spareMemory }) as FixedBuilder;
  builder.setValid(0, rowCount);
  if (!places) builder.buffer.bytes.set(values);
  else
    for (let row = 0; row < rowCount; row++) {
      if (places[row] < 0) builder.fill(row);
      else builder.buffer.bytes.set(values.subarray(places[row] * width, (places[row] + 1) * width), row * width);
    }
  return builder.take(rowCount);
}
