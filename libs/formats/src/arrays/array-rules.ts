import { excerpt, ImportError } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema, isDenseVector } from "@sluice/schema";
import { type Coercion, coerceHints, isIntegerField, isTextField } from "../coercions.ts";
import { type ElementType, elementTypeOf } from "../numbers/element-type.ts";
import { isInteger } from "../numbers/number-kind.ts";
import { type Dtype, dtypeName, isFloat8, isPickled, parseDtype } from "./dtype.ts";
import { isKnownUnit } from "./times.ts";

// Which elements and shapes of arrays feed which fields: numbers of any width, whose values must fit, where Milvus wants the
// field's own (import semantics §3).

/** Has the field a form in arrays? */
export function isArrayType(type: DataType): boolean {
  return type !== DataType.SparseFloatVector && type !== DataType.ArrayOfVector;
}

/** What rows of numbers become: elements of a column, bits of a binary vector, or texts and times, which go their own ways. */
export function elementOf(field: FieldSchema, dtype: Dtype): ElementType {
  switch (field.dataType) {
    case DataType.Array:
      return elementTypeOf(field.elementType) ?? "uint8";
    case DataType.BinaryVector:
      return "uint8";
    case DataType.Int8Vector:
      return "int8";
    case DataType.FloatVector:
      return "float";
    case DataType.Float16Vector:
      return dtype.code === "u1" ? "uint8" : "float16";
    case DataType.BFloat16Vector:
      return dtype.code === "u1" ? "uint8" : "bfloat16";
    default:
      return elementTypeOf(field.dataType) ?? "int64";
  }
}

/** @param coerces texts of integers, and the reverse, pass @throws {ImportError} `schema_mismatch`, or `unsupported` for what is pickled */
export function checkedDtype(field: FieldSchema, descr: string, coerces = false): Dtype {
  const dtype = parseDtype(descr);
  if (dtype && (takes(field, dtype) || (coerces && coercionOf(field, dtype)))) return dtype;
  if (isPickled(descr)) throw pickled(field, descr);
  const [type, found] = [dataTypeName(field.dataType), excerpt(dtypeName(descr))];
  if (dtype?.code === "M8" && dtype.unit !== undefined && !isKnownUnit(dtype.unit))
    throw mismatch(`field '${field.name}' holds '${descr}', of no fixed length: save it as datetime64[us]`);
  const coercion = dtype && coercionOf(field, dtype);
  const hint = coercion ? coerceHints[coercion] : "";
  if (dtype) throw mismatch(`expected element type '${type}' for field '${field.name}', got type '${found}'${hint}`);
  const cure = cureOf(descr);
  const why = cure ? `: ${cure}` : "";
  throw mismatch(
    `unexpected numpy header for field '${field.name}': 'the numpy file dtype '${excerpt(descr)}' is not supported', expected element type '${type}', got type '${found}'${why}`,
  );
}

/** How elements of the other type would become values of the field; undefined where they would not, or are of its own. */
export function coercionOf(field: FieldSchema, { code, kind }: Dtype): Coercion | undefined {
  if (isIntegerField(field) && (code === "U" || code === "S")) return "text to integer";
  return isTextField(field) && kind !== undefined && isInteger(kind) ? "integer to text" : undefined;
}

/** What to do about elements that no field takes; empty where nothing can be said. */
function cureOf(descr: string): string {
  if (isFloat8(descr)) return "8-bit floats are not read, save them as float32";
  if (isStructured(descr)) return SAVE_FIELDS;
  return otherCures.find(([pattern]) => pattern.test(descr))?.[1] ?? "";
}

const otherCures: readonly (readonly [RegExp, string])[] = [
  [/^[<>=|]?c\d+$/, "complex numbers are two, save numpy.concatenate([a.real, a.imag], axis=-1) or one of them"],
  [/^[<>=|]?f(?:12|16)$/, "long doubles lie in another way on each machine, save array.astype(numpy.float64)"],
  [/^[<>=|]?m8/, 'durations are counts, save array.astype("i8")'],
  [/^[<>=|]?V\d+$/, "bytes without a type, save array.view(...) by the type of their numbers, such as numpy.float32"],
];

/** What to do about records, which are one array of several fields. */
export const SAVE_FIELDS =
  'save their fields as arrays of their own, numpy.savez("t.npz", **{n: a[n] for n in a.dtype.names})';

/** Whether the elements have fields of their own. */
export function isStructured(descr: string): boolean {
  return descr.startsWith("[");
}

function pickled({ name }: FieldSchema, descr: string): ImportError {
  // Texts of NumPy 2's StringDType are objects on disk.
  const cure = 'save texts with array.astype("U"), numbers with array.astype(...) of the type of the field';
  const what = `pickled Python objects ('${excerpt(descr)}'), which are never loaded`;
  return new ImportError("unsupported", `field '${name}' holds ${what}: ${cure}`);
}

function takes(field: FieldSchema, { code, kind, unit }: Dtype): boolean {
  const type = field.dataType === DataType.Array ? field.elementType : field.dataType;
  switch (type) {
    case DataType.SparseFloatVector:
      return code === "P";
    case DataType.Bool:
      return code === "b1";
    case DataType.BinaryVector:
      return code === "u1" || code === "b1";
    case DataType.String:
    case DataType.VarChar:
    case DataType.Text:
    case DataType.JSON:
    case DataType.Geometry:
      return code === "U" || code === "S";
    case DataType.Timestamptz:
      return code === "U" || code === "S" || (code === "M8" && isKnownUnit(unit));
    case DataType.Int64:
      if (code === "M8") return field.dataType === DataType.Int64;
  }
  return kind !== undefined && kind !== "bool";
}

/** Elements of a row. @throws {ImportError} `schema_mismatch` */
export function rowItemsOf(field: FieldSchema, dtype: Dtype, shape: readonly number[]): number {
  if (field.dataType === DataType.Array) return arrayItems(field, shape);
  if (isDenseVector(field.dataType)) return vectorItems(field, dtype, shape);
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) return 1;
  throw wrongShape(field, 1, shape);
}

function arrayItems(field: FieldSchema, shape: readonly number[]): number {
  if (shape.length !== 2) throw wrongShape(field, 2, shape);
  const { name, maxCapacity } = field;
  if (maxCapacity === 0 || shape[1] <= maxCapacity) return shape[1];
  throw mismatch(`array capacity(${shape[1]}) for field ${name} exceeds max_capacity(${maxCapacity})`);
}

function vectorItems(field: FieldSchema, { code }: Dtype, shape: readonly number[]): number {
  if (shape.length !== 2) throw wrongShape(field, 2, shape);
  const itemsPerDim = code !== "u1" ? 1 : (bytesPerDim[field.dataType] ?? 1);
  if (shape[1] === field.dim * itemsPerDim) return shape[1];
  const type = dataTypeName(field.dataType);
  throw mismatch(`expected dim '${field.dim}' for ${type} field '${field.name}', got dim '${shape[1] / itemsPerDim}'`);
}

/** Of vectors that come as bytes. */
const bytesPerDim: Readonly<Record<number, number | undefined>> = {
  [DataType.BinaryVector]: 1 / 8,
  [DataType.Float16Vector]: 2,
  [DataType.BFloat16Vector]: 2,
};

function wrongShape(field: FieldSchema, dimensions: number, shape: readonly number[]): ImportError {
  const type = dataTypeName(field.dataType);
  return mismatch(
    `expected shape '${dimensions}' for ${type} field '${field.name}', got shape '${shape.length}': (${shape.join(", ")})`,
  );
}

/** Code `schema_mismatch`. */
export function mismatch(reason: string): ImportError {
  return new ImportError("schema_mismatch", reason);
}
