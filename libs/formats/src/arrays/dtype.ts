/** Type of a NumPy array's elements. */
export interface Dtype {
  /** Kind and size, such as `f4`; `U` and `S` without their length. */
  readonly code: DtypeCode;
  readonly bigEndian: boolean;
  /** Bytes of one element: of `U` four times, of `S` once the length. */
  readonly itemBytes: number;
}

const codes = ["b1", "i1", "i2", "i4", "i8", "u1", "f2", "f4", "f8", "U", "S"] as const;
export type DtypeCode = (typeof codes)[number];

const pattern = /^([<>=|]?)([A-Za-z?])(\d*)$/;
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
  U: "Unicode text",
  S: "byte text",
};

/** The type that a `descr` names; undefined for one that no field takes: complex, dates, structures, unsigned, objects. */
export function parseDtype(descr: string): Dtype | undefined {
  const match = pattern.exec(descr);
  if (!match) return undefined;
  const [, order, letter, size] = match;
  const isText = letter === "U" || letter === "S" || letter === "a";
  const kind = letter === "a" ? "S" : letter === "?" ? "b1" : letter;
  const code = codes.find((known) => known === (isText || letter === "?" ? kind : kind + size));
  const length = letter === "?" ? 1 : Number(size);
  if (!code || !Number.isSafeInteger(length * 4)) return undefined;
  return { code, bigEndian: order === ">", itemBytes: code === "U" ? length * 4 : length };
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
