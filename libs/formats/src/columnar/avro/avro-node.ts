import type { ArrowField } from "../arrow/ipc/arrow-type.ts";

/** How a value is written, and what columns of such values are. */
export interface AvroNode {
  readonly is:
    | "null"
    | "boolean"
    | "int"
    | "long"
    | "float"
    | "double"
    | "bytes"
    | "string"
    | "fixed"
    | "enum"
    | "list"
    | "map"
    | "record"
    | "union";
  readonly field: ArrowField;
  /** Of a list and map its items, of a record its members, of a union its choices. */
  readonly inside: readonly AvroNode[];
  /** The place of null among the choices of what may be null: 0 or 1. */
  readonly nullAt?: number;
  /** Of fixed. */
  readonly bytes?: number;
  readonly symbols?: readonly Uint8Array[];
  /** It and all that is inside. */
  readonly types: number;
}

/** A type that is defined where it stands. */
export type Definition = { readonly [key: string]: unknown };
