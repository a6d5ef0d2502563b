import type { NumberKind } from "../numbers/number-kind.ts";

/** Type of a NumPy array's elements. */
export interface Dtype {
  /** Kind and size, such as `f4`; `U` and `S` without their length. */
  readonly code: DtypeCode;
  readonly bigEndian: boolean;
  /** Bytes of one element: of `U` four times, of `S` once the length. */
  readonly itemBytes: number;
  /** What its numbers are; undefined for text and times. */
  readonly kind: NumberKind | undefined;
  /** Of times: what they count, such as `ms`. */
  readonly unit: string | undefined;
}

/** Numbers by their code. Programs with bfloat16 (ml_dtypes, JAX) save it as two bytes of nothing that NumPy knows. */
const kinds = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f2: "float16",
  f4: "float",
  f8: "double",
  V2: "bfloat16",
} as const satisfies Record<string, NumberKind>;
/** Besides numbers: times, texts without their length, and pairs of sparse vectors, which are ours (`csrHeader`). */
type OtherCode = "M8" | "U" | "S" | "P";
/** NumPy's code of a type without its byte order, or a name for what NumPy has no type of. */
export type DtypeCode = keyof typeof kinds | OtherCode;

const pattern = /^([<>=|]?)([A-Za-z?])(\d*)(?:\[(\w+)\])?$/;
/** Names of types that NumPy has, for messages. */
const names: Readonly<Record<string, string>> = {
  b1: "Bool",
  i1: "Int8",
  i2: "Int16",
  i4: "Int32",
  i8: "Int64",
  u1: "UInt8",
  u2: "UInt16",
  u4: "UInt32",
  u8: "UInt64",
  f2: "Float16",
  f4: "Float",
  f8: "Double",
  V2: "BFloat16",
  M8: "datetime64",
  U: "Unicode text",
  S: "byte text",
  P: "sparse vectors",
};

/** The type that a `descr` names; undefined for one that no field takes: complex, structures, objects. */
export function parseDtype(descr: string): Dtype | undefined {
  const match = pattern.exec(descr);
  if (!match) return undefined;
  const [, order, letter, size, unit] = match;
  const code = codeOf(letter, size);
  if (!code || (unit !== undefined && code !== "M8")) return undefined;
  const length = letter === "?" ? 1 : Number(size);
  if (!Number.isSafeInteger(length * 4)) return undefined;
  const kind = code === "U" || code === "S" || code === "M8" || code === "P" ? undefined : kinds[code];
  return { code, bigEndian: order === ">", itemBytes: code === "U" ? length * 4 : length, kind, unit };
}

function codeOf(letter: string, size: string): DtypeCode | undefined {
  if (letter === "?") return "b1";
  if (letter === "U" || letter === "P") return letter;
  if (letter === "S" || letter === "a") return "S";
  const code = letter + size;
  return code === "M8" || Object.hasOwn(kinds, code) ? (code as DtypeCode) : undefined;
}

/** Eight-bit floats of machine learning, which look like nothing (`V1`) or like a float that NumPy itself refuses to read. */
export function isFloat8(descr: string): boolean {
  return /^[<>=|]?(V|f)1$/.test(descr);
}

/** Objects are stored as a pickle: a program that loading would run. */
export function isPickled(descr: string): boolean {
  return /^[<>=|]?O\d*$/.test(descr) || /"[<>=|]?O\d*"/.test(descr);
}

/** `Int32` for `<i4`; the text itself where it has no name. */
export function dtypeName(descr: string): string {
  const [, , letter = "", size = ""] = pattern.exec(descr) ?? [];
  return names[letter + size] ?? names[letter] ?? descr;
}
