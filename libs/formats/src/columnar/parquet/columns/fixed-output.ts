import type { HeldMemory } from "@sluice/async";
import { FixedBuilder } from "@sluice/columns";
import type { SourceLocation } from "@sluice/errors";
import type { FieldSchema } from "@sluice/schema";
import type { RowRejects } from "../../../row-rejects.ts";
import { FieldRules } from "./column-reader.ts";

/** A fixed-width column under construction, and what becomes of its nulls. */
export class FixedOutput extends FixedBuilder {
  readonly rules: FieldRules;

  /** @param memory of the reading, where columns are large */
  constructor(field: FieldSchema, rejects: RowRejects, memory?: HeldMemory) {
    super(field, memory);
    this.rules = new FieldRules(field, rejects);
  }

  /** Row `index` of the batch is null. @throws {ImportError} where the field allows none */
  setNull(index: number, row: number, at: SourceLocation): void {
    this.rules.checkNull(row, at);
    this.fill(index);
  }
}
