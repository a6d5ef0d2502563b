import { type Column, type ColumnMemory, createBuilder, type FixedBuilder, VarBuilder } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type BoundColumns, bindColumns } from "../../plan/bind-columns.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../../plan/left-over.ts";
import { duplicatedCsvColumn } from "../../plan/refusals.ts";
import { SchemaFaults } from "../../plan/schema-faults.ts";
import { rowCapacity } from "../row-capacity.ts";
import type { RowSink } from "../row-text.ts";
import { type CellReader, fieldReader, skippedReader, structReader } from "./column-cells.ts";
import type { CsvScanner } from "./csv-scanner.ts";
import { separatorHint } from "./dialect.ts";
import { DynamicCells } from "./dynamic-cells.ts";

/** Columns of a file. Source: Go's reader has no bound; a record is one row, whose bytes are bounded. */
const MAX_COLUMNS = 65_536;

/** Names in an error of what a file has. */
const MAX_LISTED = 20;

/** What cells of records become columns with. */
export interface RecordParserInput {
  readonly plan: FieldPlan;
  readonly scanner: CsvScanner;
  readonly batchBytes: number;
  readonly memory?: ColumnMemory | undefined;
  readonly warn?: ((text: string) => void) | undefined;
}

/** Reads records, one row each, into the columns of a batch. Its columns are known as soon as the header is: see `bind`. */
export class RecordParser implements RowSink {
  readonly #input: RecordParserInput;
  readonly #rowCapacity: number;
  /** Parallel to the fields of the schema; undefined: the file has no such column. */
  readonly #builders: (FixedBuilder | VarBuilder | undefined)[] = [];
  readonly #varBuilders: VarBuilder[] = [];
  #names: readonly string[] = [];
  /** Parallel to the columns of the file. */
  #readers: readonly CellReader[] = [];
  #dynamic: DynamicCells | undefined;
  #rowCount = 0;

  constructor(input: RecordParserInput) {
    this.#input = input;
    this.#rowCapacity = rowCapacity(input.plan.schema, input.batchBytes);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get isFull(): boolean {
    if (this.#rowCount >= this.#rowCapacity) return true;
    // The fixed-width columns fill at the row capacity.
    let bytes = 0;
    for (const builder of this.#varBuilders) bytes += builder.offsets[this.#rowCount];
    return bytes >= this.#input.batchBytes;
  }

  /** Takes the names of the file's columns. @throws {ImportError} `schema_mismatch` for columns that cannot be imported */
  bind(names: readonly string[]): void {
    const { plan, scanner, warn } = this.#input;
    this.#names = names;
    const bound = bindHeader(plan, names, scanner.path);
    const folds = plan.schema.enableDynamicField && plan.options.foldExtraColumns;
    const left = folds ? [] : bound.extras.map(({ name }) => name);
    for (const text of [leftOverWarning(plan, left), absentWarning(plan, bound.fields)])
      if (text) warn?.(`${scanner.path}: ${text}`);
    this.#makeReaders(names, bound, folds);
  }

  #makeReaders(names: readonly string[], bound: BoundColumns<number>, folds: boolean): void {
    const { plan, scanner } = this.#input;
    const { schema } = plan;
    const readers = names.map((name) => skippedReader(scanner, name));
    for (const [i, column] of bound.fields.entries())
      if (column !== undefined && !schema.fields[i].isDynamic)
        readers[column] = fieldReader(scanner, this.#builder(i), plan);
    for (const [i, column] of bound.structs.entries()) {
      const struct = schema.structs[i];
      const indexOf = (member: string) => schema.fields.findIndex(({ name }) => name === `${struct.name}[${member}]`);
      if (column === undefined) continue;
      const members = struct.members.map((member) => this.#builder(indexOf(member)) as VarBuilder);
      readers[column] = structReader(scanner, { struct, members });
    }
    this.#addDynamic(readers, bound, folds);
    this.#readers = readers;
  }

  #builder(index: number): FixedBuilder | VarBuilder {
    const { plan, memory } = this.#input;
    const builder = createBuilder(plan.schema.fields[index], this.#rowCapacity, memory);
    this.#builders[index] = builder;
    if (builder instanceof VarBuilder) this.#varBuilders.push(builder);
    return builder;
  }

  /** Columns that become keys of the dynamic field, and its own. */
  #addDynamic(readers: CellReader[], { fields, extras }: BoundColumns<number>, folds: boolean): void {
    const { plan, scanner } = this.#input;
    const index = plan.schema.fields.findIndex((field) => field.isDynamic);
    const meta = fields[index];
    const keys = folds ? extras : [];
    const names = keys.map(({ name }) => name);
    plan.uses.noteMeta(names);
    if (index < 0 || (meta === undefined && keys.length === 0)) return;
    const builder = this.#builder(index) as VarBuilder;
    const dynamic = new DynamicCells(scanner, builder, plan.dynamic.with(names, duplicatedCsvColumn));
    const find = (p: number, name: string) => {
      scanner.field = name;
      return scanner.cell(p);
    };
    for (const { name, column } of keys) {
      const key = Buffer.from(`${JSON.stringify(name)}:`);
      readers[column] = (p) => {
        const behind = find(p, name);
        dynamic.add(key);
        return behind;
      };
    }
    if (meta !== undefined)
      readers[meta] = (p) => {
        const behind = find(p, builder.field.name);
        if (!scanner.isNull()) dynamic.meta();
        return behind;
      };
    this.#dynamic = dynamic;
  }

  parse(p: number): number {
    try {
      return this.#record(p);
    } catch (error) {
      if (error instanceof ImportError && error.code === "value_invalid") this.#checkCount(p);
      throw error;
    }
  }

  #record(p: number): number {
    const { scanner } = this.#input;
    const readers = this.#readers;
    const row = this.#rowCount;
    this.#dynamic?.begin();
    let at = readers[0](p, row);
    for (let i = 1; i < readers.length; i++) {
      const step = scanner.separatorAt(at);
      if (step === 0) this.#checkCount(p);
      at = readers[i](at + step, row);
    }
    if (scanner.separatorAt(at) > 0) this.#checkCount(p);
    scanner.field = undefined;
    this.#dynamic?.finish(row);
    this.#rowCount++;
    return at;
  }

  /** A record with a cell too few or too many has its values in wrong columns: whatever is wrong with them follows from it. */
  #checkCount(p: number): void {
    const { scanner } = this.#input;
    const expected = this.#readers.length;
    const { field, cellAt } = scanner;
    const { cells } = scanner.record(p);
    scanner.cellAt = cellAt;
    scanner.field = field;
    if (cells === expected) return;
    scanner.field = undefined;
    const reason = "the number of fields in the row is not equal to the header";
    const counts = `the row has ${cells}, the header ${expected}${separatorHint(this.#names)}`;
    throw new ImportError("malformed_file", `${reason}: ${counts}`, scanner.at(p));
  }

  drop(): void {
    this.#rowCount--;
  }

  /** What the file has no column for has none. */
  take(): (Column | undefined)[] {
    const rowCount = this.#rowCount;
    this.#rowCount = 0;
    return this.#input.plan.schema.fields.map((_, i) => this.#builders[i]?.take(rowCount));
  }
}

/** Which column feeds which field. @throws {ImportError} `schema_mismatch`, with everything that is wrong */
export function bindHeader(plan: FieldPlan, names: readonly string[], file: string): BoundColumns<number> {
  if (names.length > MAX_COLUMNS) {
    const reason = `the header has ${names.length} columns, more than ${MAX_COLUMNS}`;
    throw new ImportError("malformed_file", reason, { file });
  }
  const faults = new SchemaFaults();
  const listed = names.slice(0, MAX_LISTED).map((name) => `'${name}'`);
  const more = names.length > MAX_LISTED ? `, … (${names.length} in all)` : "";
  const bound = bindColumns<number>(
    plan,
    {
      columns: names.map((name, column) => ({ name, column })),
      missing: () => "the header has no such column",
      overview: `the header has ${listed.join(", ")}${more}${separatorHint(names)}`,
      placeOf: () => ({ file }),
    },
    faults,
  );
  faults.throwAny();
  return bound;
}
