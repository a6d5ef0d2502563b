import type { Column, FixedColumn } from "@sluice/columns";
import type { Sketches } from "../search/sketches.ts";
import type { Hold } from "./kept-values.ts";
import type { Placed } from "./vector-room.ts";

/**
 * How the vectors of a part are compared: their column alone, which may not stay; with its sketches, whose making pays from the
 * second time on; or by sketches alone, and then those that these leave: the column has gone, and need not come back.
 */
export type HeldAs = "column" | "sketched" | "sketches";

/** Vectors of a part of a segment, which stay until their holder lets go of them. */
export interface HeldColumn extends Disposable {
  readonly column: Column;
  readonly sketches: Sketches | undefined;
  /** For one more holder. */
  again(): HeldColumn;
}

/** Sketches of vectors that are not in memory. */
export interface HeldSketches extends Disposable {
  readonly column: undefined;
  readonly sketches: Sketches;
  /** Reads the vectors of some rows into memory of their own: waits for no room. @param rows ascending @throws as `readSegmentField` */
  pick(rows: Uint32Array): Promise<FixedColumn>;
  /** For one more holder. */
  again(): HeldSketches;
}

/** Vectors that are compared, by whichever is in memory. */
export type HeldVectors = HeldColumn | HeldSketches;

/** Lets go of both when it is disposed; the sketches of a part are not made for every comparison. */
export function heldColumn(column: Hold<Placed<Column>>, sketches: Hold<Placed<Sketches>> | undefined): HeldColumn {
  return {
    ...{ column: column.value.of, sketches: sketches?.value.of },
    again: () => heldColumn(column.again(), sketches?.again()),
    [Symbol.dispose]: () => {
      column[Symbol.dispose]();
      sketches?.[Symbol.dispose]();
    },
  };
}

/** @param pick reads the vectors that the sketches leave */
export function heldSketches(sketches: Hold<Placed<Sketches>>, pick: HeldSketches["pick"]): HeldSketches {
  return {
    ...{ column: undefined, sketches: sketches.value.of, pick },
    again: () => heldSketches(sketches.again(), pick),
    [Symbol.dispose]: () => sketches[Symbol.dispose](),
  };
}
