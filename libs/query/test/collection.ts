import type { Column } from "@sluice/columns";
import { compileFilter, type FilterOptions, type TemplateValue } from "@sluice/query";
import { type CollectionSchema, DataType, type FieldSchema, fixedWidth } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";
import { encodeArrayCell, wktToWkb } from "@sluice/values";

/** Int64, Timestamptz: bigint; JSON: its text; Array: list; Geometry: WKT; null or absent: null. */
export type Row = Readonly<Record<string, unknown>>;

/** A nullable field. */
export function field(name: string, dataType: DataType, more: Partial<FieldSchema> = {}): FieldSchema {
  return testing.field(name, dataType, { nullable: true, ...more });
}

export function collection(fields: readonly FieldSchema[], more: Partial<CollectionSchema> = {}): CollectionSchema {
  const numbered = fields.map((one, index) => ({ ...one, fieldId: 100 + index }));
  return testing.collection(numbered, { name: "books", ...more });
}

const array = (name: string, elementType: DataType) => field(name, DataType.Array, { elementType });

/** One field of every kind, all nullable but the primary key, and dynamic ones. */
export const everyKind = collection([
  field("id", DataType.Int64, { isPrimaryKey: true, nullable: false }),
  field("flag", DataType.Bool),
  field("i8", DataType.Int8),
  field("i16", DataType.Int16),
  field("i32", DataType.Int32),
  field("i64", DataType.Int64),
  field("other", DataType.Int64),
  field("f", DataType.Float),
  field("d", DataType.Double),
  field("s", DataType.VarChar),
  field("t", DataType.VarChar),
  field("plain", DataType.Int64, { nullable: false }),
  field("j", DataType.JSON),
  array("ai", DataType.Int32),
  array("al", DataType.Int64),
  array("af", DataType.Float),
  array("as", DataType.VarChar),
  array("ab", DataType.Bool),
  field("words", DataType.VarChar, { typeParams: { enable_match: "true", enable_analyzer: "true" } }),
  field("prose", DataType.Text, { typeParams: { enable_match: "true" } }),
  field("geo", DataType.Geometry),
  field("ts", DataType.Timestamptz),
  field("vec", DataType.FloatVector, { dim: 4, nullable: false }),
  field("$meta", DataType.JSON, { isDynamic: true, nullable: false }),
]);

/** The same without dynamic fields. */
export const fixedFields = collection(everyKind.fields.filter((one) => !one.isDynamic));

export function columnsOf(schema: CollectionSchema, rows: readonly Row[]): Map<number, Column> {
  return new Map(
    schema.fields.map((one, index) => [
      index,
      columnOf(
        one,
        rows.map((row) => row[one.name] ?? null),
      ),
    ]),
  );
}

function columnOf(one: FieldSchema, values: readonly unknown[]): Column {
  const validity = one.nullable ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : undefined;
  const width = fixedWidth(one);
  if (width === 0)
    return {
      kind: "var",
      ...concatenated(values.map((value) => (value === null ? new Uint8Array() : cellOf(one, value)))),
      validity,
    };
  const data = Buffer.alloc(values.length * width);
  values.forEach((value, row) => {
    if (value !== null && !(one.dim > 0)) writeFixed(one.dataType, data, row * width, value);
  });
  return { kind: "fixed", width, data: Uint8Array.from(data), validity };
}

function writeFixed(type: DataType, data: Buffer, at: number, value: unknown): void {
  if (type === DataType.Bool) data.writeUInt8(value ? 1 : 0, at);
  else if (type === DataType.Float) data.writeFloatLE(value as number, at);
  else if (type === DataType.Double) data.writeDoubleLE(value as number, at);
  else if (type === DataType.Int64 || type === DataType.Timestamptz) data.writeBigInt64LE(BigInt(value as bigint), at);
  else data.writeIntLE(Number(value), at, type === DataType.Int8 ? 1 : type === DataType.Int16 ? 2 : 4);
}

function cellOf(one: FieldSchema, value: unknown): Uint8Array {
  if (one.dataType === DataType.Array) return encodeArrayCell(one.elementType, value as number[]);
  return one.dataType === DataType.Geometry ? wktToWkb(value as string) : Buffer.from(value as string);
}

/** As a slice of a larger column has it: the offsets start above 0, with foreign bytes around. */
function concatenated(cells: readonly Uint8Array[]): { offsets: Uint32Array; data: Uint8Array } {
  const data = Buffer.concat([Buffer.from('"x":'), ...cells, Buffer.from(':"}],')]);
  const offsets = new Uint32Array(cells.length + 1);
  offsets[0] = 4;
  for (const [i, cell] of cells.entries()) offsets[i + 1] = offsets[i] + cell.length;
  return { offsets, data };
}

export interface SelectOptions extends FilterOptions {
  readonly schema?: CollectionSchema;
  readonly templates?: Readonly<Record<string, TemplateValue>>;
}

/** Numbers of the rows that pass. */
export function select(
  text: string,
  rows: readonly Row[],
  { schema = everyKind, templates = {}, ...options }: SelectOptions = {},
): number[] {
  const filter = compileFilter(text, schema, new Map(Object.entries(templates)), options);
  return [...filter.evaluate(columnsOf(schema, rows), rows.length)];
}

/** TRUE, FALSE and UNKNOWN of an expression per row, as `TFU...`: what it selects, what its negation selects, the rest. */
export function truth(text: string, rows: readonly Row[], options: SelectOptions = {}): string {
  const [yes, no] = [new Set(select(text, rows, options)), new Set(select(`not (${text})`, rows, options))];
  return rows.map((_, row) => (yes.has(row) ? (no.has(row) ? "!" : "T") : no.has(row) ? "F" : "U")).join("");
}

/** The cause of a refusal with its place, without the wrapping that every refusal has; undefined when the text is accepted. */
export function refusal(
  text: string,
  { schema = everyKind, templates = {}, ...options }: SelectOptions = {},
): string | undefined {
  try {
    compileFilter(text, schema, new Map(Object.entries(templates)), options);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    const shown = text.length > 256 ? `${text.slice(0, 256)}…` : text;
    const start = `failed to create query plan: cannot parse expression: ${shown}: `;
    const end = ": query plan failed: invalid parameter";
    if (!message.startsWith(start) || !message.endsWith(end)) throw error;
    return message.slice(start.length, -end.length);
  }
}
