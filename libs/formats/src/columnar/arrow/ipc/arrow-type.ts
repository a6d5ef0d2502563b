import type { NumberKind } from "../../../numbers/number-kind.ts";

/** What values are, for the fields that take them. */
export type ArrowKind =
  | "null"
  | "bool"
  | "number"
  | "decimal"
  | "date"
  | "time"
  | "timestamp"
  | "duration"
  | "text"
  | "bytes"
  | "fixed"
  | "uuid"
  | "list"
  | "struct"
  | "map"
  | "unsupported";

/** How values lie in buffers. Source: arrow.apache.org, "Arrow columnar format", physical memory layouts. */
export type ArrowLayout =
  | "null"
  | "bits"
  | "fixed"
  | "var"
  | "view"
  | "list"
  | "fixed_list"
  | "struct"
  | "list_view"
  | "sparse_union"
  | "dense_union"
  | "run_end";

/** What values are, and how they lie in buffers; members that a layout does not have are 0 or absent. */
export interface ArrowType {
  readonly kind: ArrowKind;
  readonly layout: ArrowLayout;
  /** For messages, in the words of Arrow: `timestamp[us, tz=UTC]`. */
  readonly name: string;
  /** Bytes of a value of layout `fixed`. */
  readonly width: number;
  /** Offsets of 64 bits. */
  readonly isLarge: boolean;
  /** Elements of each list of layout `fixed_list`. */
  readonly size: number;
  /** Of numbers. */
  readonly number?: NumberKind;
  /** Of decimals: digits behind the point. */
  readonly scale?: number;
  /** Of what is a time. */
  readonly unit?: "day" | "s" | "ms" | "us" | "ns";
  /** Of timestamps: instants, not local times of a zone that nobody knows. */
  readonly isUtc?: boolean;
}

/** A column, or what is in one. */
export interface ArrowField {
  readonly name: string;
  readonly isNullable: boolean;
  /** Of its values, which are in a dictionary where it has one. */
  readonly type: ArrowType;
  readonly children: readonly ArrowField[];
  /** The column of the file that this one is a part of, where members of a struct were left out. */
  readonly whole?: ArrowField;
  readonly dictionary?: { readonly id: bigint; readonly index: NumberKind; readonly indexWidth: number };
}

/** Buffers of a layout, without those of text that stands apart. */
export const bufferCounts: Readonly<Record<ArrowLayout, number>> = {
  null: 0,
  bits: 2,
  fixed: 2,
  var: 3,
  view: 2,
  list: 2,
  fixed_list: 1,
  struct: 1,
  list_view: 3,
  sparse_union: 1,
  dense_union: 2,
  run_end: 0,
};
