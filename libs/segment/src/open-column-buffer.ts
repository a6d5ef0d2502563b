import { type FieldSchema, fixedWidth } from "@sluice/schema";
import type { BufferLimits, ColumnBuffer } from "./column-buffer.ts";
import { FixedBuffer } from "./fixed-buffer.ts";
import { VarBuffer } from "./var-buffer.ts";

/** A buffer for the values of a field. */
export function columnBuffer(field: FieldSchema, limits: BufferLimits): ColumnBuffer {
  const width = fixedWidth(field);
  return width > 0 ? new FixedBuffer(field, width, limits) : new VarBuffer(field, limits);
}
