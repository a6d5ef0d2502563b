import type { Column } from "@sluice/columns";
import type { SourceLocation } from "@sluice/errors";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import type { RowRejects } from "../../../row-rejects.ts";
import type { FieldRules } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import { VarOutput } from "./var-output.ts";

const EMPTY = new Uint8Array(0);

/** A column under construction from what stands for its values, one after the other. */
export interface ParsedValues {
  readonly rules: FieldRules;
  /** A batch begins. @param softBytes as of `VarOutput` */
  begin(rows: number, softBytes: number): void;
  /** Rows that are there, and whether no more should be added. */
  readonly rows: number;
  readonly isFull: boolean;
  /** @param row of the file; a text that stands for no value is refused, and its value is then anything @throws {ImportError} */
  add(text: Uint8Array, row: number, at: SourceLocation): void;
  /** @throws {ImportError} where the field allows no null */
  addNull(row: number, at: SourceLocation): void;
  /** For a row that was refused already. */
  addAny(): void;
  /** The first `rows` of the batch; borrowed until the next one begins. */
  take(rows: number): Column;
}

/** @param parse the value in column encoding, valid until the next call; throws a RangeError with the reason */
export function parsedValues(
  field: FieldSchema,
  rejects: RowRejects,
  parse: (text: Uint8Array) => Uint8Array,
): ParsedValues {
  return fixedWidth(field) > 0 ? new FixedValues(field, rejects, parse) : new VarValues(field, rejects, parse);
}

abstract class Values<Output extends FixedOutput | VarOutput> implements ParsedValues {
  protected readonly output: Output;
  readonly #parse: (text: Uint8Array) => Uint8Array;

  constructor(output: Output, parse: (text: Uint8Array) => Uint8Array) {
    this.output = output;
    this.#parse = parse;
  }

  get rules(): FieldRules {
    return this.output.rules;
  }

  add(text: Uint8Array, row: number, at: SourceLocation): void {
    try {
      this.put(this.#parse(text));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.rules.refuse(error.message, row, at);
      this.addAny();
    }
  }

  take(rows: number): Column {
    return this.output.take(rows);
  }

  abstract readonly rows: number;
  abstract readonly isFull: boolean;
  abstract begin(rows: number, softBytes: number): void;
  abstract addNull(row: number, at: SourceLocation): void;
  abstract addAny(): void;
  protected abstract put(cell: Uint8Array): void;
}

class VarValues extends Values<VarOutput> {
  constructor(field: FieldSchema, rejects: RowRejects, parse: (text: Uint8Array) => Uint8Array) {
    super(new VarOutput(field, rejects), parse);
  }
  get rows(): number {
    return this.output.rows;
  }
  get isFull(): boolean {
    return this.output.cells.isFull;
  }
  begin(_rows: number, softBytes: number): void {
    this.output.begin(softBytes);
  }
  addNull(row: number, at: SourceLocation): void {
    this.output.appendNull(row, at);
  }
  addAny(): void {
    this.output.append(EMPTY);
  }
  protected put(cell: Uint8Array): void {
    this.output.append(cell);
  }
}

class FixedValues extends Values<FixedOutput> {
  readonly isFull = false;
  rows = 0;

  constructor(field: FieldSchema, rejects: RowRejects, parse: (text: Uint8Array) => Uint8Array) {
    super(new FixedOutput(field, rejects), parse);
  }
  begin(rows: number): void {
    this.output.begin(rows);
    this.rows = 0;
  }
  addNull(row: number, at: SourceLocation): void {
    this.output.setNull(this.rows++, row, at);
  }
  addAny(): void {
    this.rows++;
  }
  protected put(cell: Uint8Array): void {
    this.output.put(this.rows++, cell);
  }
}
