import type { SourceFile } from "@sluice/object-store";
import type { DataType, FieldSchema } from "@sluice/schema";
import type { ArrayHeader } from "./array-column.ts";
import type { LiveRows } from "./row-source.ts";

/** An array that a source offers under a name. */
export interface NamedArray {
  readonly name: string;
  readonly source: SourceFile;
  /** Other names that its file has for it. */
  readonly alsoCalled?: readonly string[];
  /**
   * Called for arrays that feed a field only, so that what is wrong with others does not matter.
   * @param field that one, where it decides what the bytes are
   */
  readonly header: (signal: AbortSignal | undefined, field?: FieldSchema) => Promise<ArrayHeader>;
  /** What it is where its name is none that users gave: `placeArrays` finds its field. */
  readonly role?: "vectors" | "keys";
  /** What arrays of its kind mostly are instead of vectors, as a phrase: they feed the field that somebody names, and no other. */
  readonly isMostly?: string;
  /** What its rows are, where their elements leave it open: bytes may be bits of a binary vector, or numbers. */
  readonly dataType?: DataType;
  /** It is in no file, and nobody misses it: positions that a program takes for ids. */
  readonly isImplied?: boolean;
}

/** All that a file or set offers, and how its errors read. */
export interface ArraySet {
  readonly arrays: readonly NamedArray[];
  /** What holds them, in Milvus's words: `numpy files`. */
  readonly title: string;
  /** No array for a field, or for any. */
  readonly missing: (field: string | undefined) => string;
  /** What the user should know of the source although it is taken. */
  readonly notes?: readonly string[];
  /** Which rows are none any more; absent where all are. */
  readonly live?: LiveRows;
  /** Rows can be read from the first one on only. */
  readonly isSequential?: boolean;
  /** Gives back what was opened for it besides the sources. */
  readonly close?: () => Promise<void>;
}

/** The arrays that sources hold. @throws {ImportError} `malformed_file`, `unsupported`, `request_invalid` */
export type ArraysOf = (
  sources: readonly SourceFile[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => ArraySet | Promise<ArraySet>;
