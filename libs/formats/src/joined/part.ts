import type { SourceFile } from "@sluice/object-store";
import type { Format } from "../format.ts";

/** Files of a set that one reader reads. */
export interface Part {
  readonly format: Format;
  readonly sources: readonly SourceFile[];
}
