import { isUtf8 } from "node:buffer";
import { type Column, createBuilder, FixedBuilder, type VarBuilder } from "@sluice/columns";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { BYTES, FieldCursor, parseTimestamptz, storedCell, wktToWkb } from "@sluice/values";
import { type GivenRows, placesOf } from "./given-rows.ts";
import { tagOf } from "./message-parts.ts";
import { messageOf } from "./split-field-data.ts";

/** Where the cells of a type stand: the member of `ScalarField` or `VectorField`, and the number of its list. */
const LISTS: Readonly<Record<number, readonly [member: number, list: number]>> = {
  [DataType.VarChar]: [6, 1],
  [DataType.String]: [6, 1],
  [DataType.Text]: [6, 1],
  [DataType.Timestamptz]: [6, 1],
  [DataType.JSON]: [9, 1],
  [DataType.Array]: [8, 1],
  [DataType.Geometry]: [12, 1],
  [DataType.SparseFloatVector]: [6, 1],
  [DataType.ArrayOfVector]: [8, 2],
};

/** Of the defaults that stand in for nulls of one column, which take a byte each where they come from. */
const MAX_DEFAULT_BYTES = 64 << 20;

/** The column of a list's cells, one after the other. @throws {RangeError} as `columnOfData` */
export function cellColumn(field: FieldSchema, values: Uint8Array, rows: GivenRows, timezone: string): Column {
  const place = LISTS[field.dataType];
  if (!place)
    throw new RangeError(`field '${field.name}': ${dataTypeName(field.dataType)} cannot be read from an answer`);
  const [member, number] = place;
  const list = messageOf(values, member) ?? new Uint8Array(0);
  const places = placesOf(field, countElements(list, number), rows);
  const builder = createBuilder(field, rows.rowCount);
  builder.setValid(0, rows.rowCount);
  if (places) checkDefaults(builder, places);
  const cells = new Cells(list, number);
  const make = cellMaker(field, timezone);
  for (let row = 0; row < rows.rowCount; row++) {
    const cell = cells.at(places ? places[row] : row);
    if (!cell) builder.fill(row);
    else builder.put(row, make ? made(make, cell, field.name, row) : cell);
  }
  if (!(builder instanceof FixedBuilder)) checkTexts(builder, rows.rowCount);
  return builder.take(rows.rowCount);
}

function checkDefaults({ field, standIn }: FixedBuilder | VarBuilder, places: Int32Array): void {
  if (!standIn) return;
  let nulls = 0;
  for (let row = 0; row < places.length; row++) if (places[row] < 0) nulls++;
  const bytes = nulls * standIn.length;
  if (bytes > MAX_DEFAULT_BYTES)
    throw new RangeError(
      `field '${field.name}': the defaults of ${nulls} nulls take ${bytes} bytes, more than ${MAX_DEFAULT_BYTES}: send fewer rows at once`,
    );
}

/** Elements of a list, read from the first to the last. */
class Cells {
  readonly #cursor: FieldCursor;
  readonly #tag: number;
  #next = 0;

  constructor(list: Uint8Array, number: number) {
    this.#cursor = new FieldCursor(list);
    this.#tag = tagOf(number, BYTES);
  }

  /** One behind those that were asked for before: placeholders of nulls between them are passed over. Of -1 there is none. */
  at(place: number): Uint8Array | undefined {
    let cell: Uint8Array | undefined;
    while (place >= this.#next) {
      const tag = this.#cursor.varint32();
      if (tag !== this.#tag) this.#cursor.skip(tag & 7);
      else {
        cell = this.#cursor.lengthDelimited();
        this.#next++;
      }
    }
    return cell;
  }
}

/** @throws {RangeError} with the field and the row */
function made(make: (cell: Uint8Array) => Uint8Array, cell: Uint8Array, name: string, row: number): Uint8Array {
  try {
    return make(cell);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${error.message} (field '${name}', row ${row})`, { cause: error });
  }
}

/** How many values of bytes the field `number` of a message has. */
export function countElements(list: Uint8Array, number: number): number {
  const cursor = new FieldCursor(list);
  let count = 0;
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag === tagOf(number, BYTES)) count++;
    cursor.skip(tag & 7);
  }
  return count;
}

/** Undefined: cells are stored as they are sent. */
function cellMaker(field: FieldSchema, timezone: string): ((cell: Uint8Array) => Uint8Array) | undefined {
  if (field.dataType === DataType.Geometry)
    return (cell) => {
      const text = Buffer.from(cell).toString();
      return saying(
        () => "invalid Geometry data, transform to wkb failed",
        () => wktToWkb(text),
      );
    };
  if (field.dataType !== DataType.Timestamptz) return storedCell(field);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  return (cell) => {
    const text = Buffer.from(cell).toString();
    const why = () => `got invalid timestamptz string '${text.slice(0, LONGEST_SHOWN)}'`;
    view.setBigInt64(
      0,
      saying(why, () => parseTimestamptz(text, timezone)),
      true,
    );
    return bytes;
  };
}

/** Characters of a value that a refusal shows. */
const LONGEST_SHOWN = 64;

/** @throws {RangeError} in the words that Milvus begins with, and what is wrong. Source: around-import §6. */
function saying<T>(words: () => string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${words()}: ${error.message}`, { cause: error });
  }
}

const TEXTS: ReadonlySet<DataType> = new Set([DataType.VarChar, DataType.String, DataType.Text, DataType.JSON]);

/** Where the whole is UTF-8, a text could only be broken at its borders: then the next one would begin within a character. */
function checkTexts({ field, data, offsets }: VarBuilder, rowCount: number): void {
  if (!TEXTS.has(field.dataType)) return;
  const limit = field.maxLength > 0 ? field.maxLength : Number.POSITIVE_INFINITY;
  let isWhole = true;
  for (let row = 0; row < rowCount; row++) {
    const length = offsets[row + 1] - offsets[row];
    if (length > 0 && (data[offsets[row]] & 0xc0) === 0x80) isWhole = false;
    if (length > limit)
      throw new RangeError(
        `length of varchar field ${field.name} exceeds max length, row number: ${row}, length: ${length}, max length: ${limit}`,
      );
  }
  if (!isWhole || !isUtf8(data.subarray(0, offsets[rowCount])))
    throw new RangeError(`field '${field.name}' contains invalid UTF-8 data`);
}
