import { excerpt } from "@sluice/errors";

/** Of the elements; `bit` has eight of them a byte. */
export type VectorType = "float" | "int8" | "bit";
/** Values of columns that can be filtered by. */
export type MetadataType = "text" | "integer" | "float" | "boolean";

/** What a column of a table of sqlite-vec is; each kind is counted from 0 by itself, in the names of the tables that hold it. */
export type Vec0Column = { readonly name: string } & (
  | { readonly kind: "key"; readonly isText: boolean }
  | { readonly kind: "vector"; readonly type: VectorType; readonly dim: number; readonly number: number }
  | { readonly kind: "metadata"; readonly type: MetadataType; readonly number: number }
  | { readonly kind: "partition" | "auxiliary"; readonly number: number }
);

const NAME = /^(?:"((?:[^"]|"")*)"|`([^`]*)`|\[([^\]]*)\]|'([^']*)'|([\p{L}_$\d\u0080-\u{10ffff}]+))\s*/u;
const vectorTypes: Readonly<Record<string, VectorType>> = {
  ...{ float: "float", f32: "float", int8: "int8", i8: "int8", bit: "bit" },
};
const metadataTypes: Readonly<Record<string, MetadataType>> = {
  ...{
    text: "text",
    integer: "integer",
    int: "integer",
    float: "float",
    double: "float",
    boolean: "boolean",
    bool: "boolean",
  },
};

/**
 * The columns that a `CREATE VIRTUAL TABLE … USING vec0(…)` was given, the key first: `rowid` where none is named.
 * @param args each as it stands @throws {RangeError} with the one that is not understood
 */
export function vec0Columns(args: readonly string[]): Vec0Column[] {
  const counts = { vector: 0, metadata: 0, partition: 0, auxiliary: 0 };
  const columns: Vec0Column[] = [];
  for (const arg of args) {
    // `chunk_size = 8`: an option.
    if (/^[\w]+\s*=/.test(arg)) continue;
    const isAuxiliary = arg.startsWith("+");
    const text = isAuxiliary ? arg.slice(1).trim() : arg;
    const [whole, ...names] = NAME.exec(text) ?? [""];
    const name = names.find((part) => part !== undefined) ?? "";
    const rest = text.slice(whole.length);
    const number = (kind: keyof typeof counts) => counts[kind]++;
    if (isAuxiliary) columns.push({ name, kind: "auxiliary", number: number("auxiliary") });
    else columns.push(columnOf(name, rest, number, arg));
  }
  if (columns.some(({ kind }) => kind === "key")) return columns;
  return [{ name: "rowid", kind: "key", isText: false }, ...columns];
}

type Counts = "vector" | "metadata" | "partition" | "auxiliary";

function columnOf(name: string, rest: string, next: (kind: Counts) => number, arg: string): Vec0Column {
  if (/primary\s+key/i.test(rest)) return { name, kind: "key", isText: /^text/i.test(rest) };
  if (/partition\s+key/i.test(rest)) return { name, kind: "partition", number: next("partition") };
  const [, element = "", size = ""] = /^(\w+)\s*\[\s*(\d+)\s*\]/.exec(rest) ?? [];
  const vector = vectorTypes[element.toLowerCase()];
  if (vector && !/indexed/i.test(rest))
    return { name, kind: "vector", type: vector, dim: Number(size), number: next("vector") };
  const metadata = metadataTypes[rest.trim().toLowerCase()];
  if (metadata) return { name, kind: "metadata", type: metadata, number: next("metadata") };
  throw new RangeError(`its column '${excerpt(arg)}' is of no kind that sqlite-vec 0.1 has`);
}

/** Bytes of a vector. */
export function vectorBytes(type: VectorType, dim: number): number {
  if (type === "float") return 4 * dim;
  return type === "int8" ? dim : Math.ceil(dim / 8);
}
