import type { ArrowField } from "./arrow-type.ts";

/** Values of some rows of a column, as they are needed: offsets from 0, bits as bytes, dictionaries looked up, text in a row. */
export interface ArrowValues {
  readonly field: ArrowField;
  readonly length: number;
  /** A byte for each, 0 for a null; undefined where there is none. */
  readonly validity: Uint8Array | undefined;
  /** Of fixed width, or the bytes of text; 8-byte aligned. */
  readonly data: Uint8Array;
  /** Of text, and of lists into what is inside of them: one more than values. */
  readonly offsets: Uint32Array;
  readonly children: readonly ArrowValues[];
}
