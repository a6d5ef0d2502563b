import type { RowLayout } from "../row-text.ts";
import type { Scanner } from "./scanner.ts";

/** How rows of JSON are found. */
export interface JsonLayout extends RowLayout<Scanner> {
  /** A row may not hold line feeds. */
  readonly isOneLine: boolean;
}
