import { didYouMean, excerpt, ImportError, locate, type SourceLocation } from "@sluice/errors";
import { isOptional } from "@sluice/schema";
import type { FieldPlan, Target } from "./field-plan.ts";
import { missed } from "./refusals.ts";
import type { SchemaFaults } from "./schema-faults.ts";

/** How a file or set shows its columns; a column is whatever the format makes of one. */
export interface ColumnSource<Column> {
  /** In the order of the source; a name may come twice, which is an error. */
  readonly columns: readonly NamedColumn<Column>[];
  /** The columns in a column, for formats that have such. */
  readonly inside?: (column: Column) => readonly NamedColumn<Column>[];
  /** What Milvus says of this format when a field has no column. */
  readonly missing: (name: string) => string;
  /** What the source has, for whoever compares it with the collection; absent where `missing` says it. */
  readonly overview?: string;
  /** Of two columns with one name. */
  readonly repeated?: (name: string, first: Column, second: Column) => string;
  /** For errors. */
  readonly placeOf: (column: Column | undefined) => SourceLocation;
}

/** A column by the name or path that the file has for it. */
export interface NamedColumn<Column> {
  readonly name: string;
  readonly column: Column;
}

/** Which column feeds what. */
export interface BoundColumns<Column> {
  /** Parallel to the fields of the schema; undefined: the field's stand-in. */
  readonly fields: readonly (Column | undefined)[];
  /** Parallel to its struct arrays. */
  readonly structs: readonly (Column | undefined)[];
  /** Columns that no field has. */
  readonly extras: readonly NamedColumn<Column>[];
  /** Names, with those that they lie in, of columns in columns of which the mapping takes others only. */
  readonly leftInside: readonly string[];
}

/**
 * Finds the column of every field, for sources whose columns are known before their rows.
 * @param faults takes a `schema_mismatch` for each column that may not be given, comes twice or is missing, and for a mapping
 *   that finds nothing
 */
export function bindColumns<Column>(
  plan: FieldPlan,
  source: ColumnSource<Column>,
  faults: SchemaFaults,
): BoundColumns<Column> {
  const binder = new Binder(plan, source, faults);
  binder.walk(source.columns, (name) => plan.target(name));
  binder.checkComplete();
  return binder;
}

class Binder<Column> implements BoundColumns<Column> {
  readonly fields: (Column | undefined)[];
  readonly structs: (Column | undefined)[];
  readonly extras: NamedColumn<Column>[] = [];
  readonly leftInside: string[] = [];
  readonly #plan: FieldPlan;
  readonly #source: ColumnSource<Column>;
  readonly #faults: SchemaFaults;
  #isMissing = false;

  constructor(plan: FieldPlan, source: ColumnSource<Column>, faults: SchemaFaults) {
    this.#plan = plan;
    this.#source = source;
    this.#faults = faults;
    this.fields = plan.schema.fields.map(() => undefined);
    this.structs = plan.schema.structs.map(() => undefined);
  }

  walk(columns: readonly NamedColumn<Column>[], targetOf: (name: string) => Target | undefined, outer = ""): void {
    const seen = new Map<string, Column>();
    for (const { name, column } of columns) {
      const first = seen.get(name);
      // A column may be a number, and the first one is 0.
      if (first !== undefined) {
        this.#fault(name, this.#repeated(name, first, column), column);
        continue;
      }
      seen.set(name, column);
      const target = targetOf(name);
      if (target) this.#place(target, name, column, outer);
      else this.leftInside.push(`${outer}${name}`);
    }
  }

  #place(target: Target, name: string, column: Column, outer: string): void {
    switch (target.kind) {
      case "field":
      case "meta":
        if (this.fields[target.index] !== undefined) this.#fault(name, twoSources(this.#plan, target.index), column);
        this.fields[target.index] = column;
        this.#plan.uses.note(this.#plan.schema.fields[target.index].name, `${outer}${name}`);
        break;
      case "struct":
        this.structs[this.#plan.schema.structs.indexOf(target.struct)] = column;
        this.#plan.uses.note(target.struct.name, `${outer}${name}`);
        break;
      case "inside":
        this.walk(this.#source.inside?.(column) ?? [], (inner) => target.names.get(inner), `${outer}${name}.`);
        break;
      case "refused":
        this.#faults.add(locate(target.error, this.#source.placeOf(column)) as ImportError);
        break;
      case "extra":
        this.extras.push({ name, column });
    }
  }

  /** Fields that must have values, and have no column. */
  checkComplete(): void {
    const { fields, structs } = this.#plan.schema;
    const members = new Set(structs.flatMap(({ name, members }) => members.map((member) => `${name}[${member}]`)));
    for (const [i, field] of fields.entries())
      if (this.fields[i] === undefined && !members.has(field.name) && !isOptional(field)) this.#missing(field.name);
    for (const [i, struct] of structs.entries()) {
      // Its members were given, though not as members.
      const isMisplaced = struct.members.some((member) => this.#faults.has(`${struct.name}[${member}]`));
      if (this.structs[i] === undefined && !struct.nullable && !isMisplaced) this.#missing(struct.name);
    }
    this.#checkMapping();
  }

  /** A path that matches nothing is a mistake, also where the field can do without. */
  #checkMapping(): void {
    const { mapping, optionalSources, tableColumns = {} } = this.#plan.options;
    const inTable = new Set(Object.values(tableColumns).map(({ name }) => name));
    for (const [path, name] of mapping) {
      const { fields, structs } = this.#plan.schema;
      const found =
        this.fields[fields.findIndex((field) => field.name === name)] ??
        this.structs[structs.findIndex((struct) => struct.name === name)];
      if (found === undefined && !optionalSources?.has(path) && !inTable.has(path))
        this.#fault(name, `fields_mapping: the source has no '${excerpt(path)}' for field '${name}'`);
    }
  }

  #missing(name: string): void {
    const source = this.#plan.sourceOf(name);
    const mapped = source === name ? "" : `; fields_mapping looks for it in '${excerpt(source)}'`;
    const near = didYouMean(
      source,
      this.extras.map((extra) => extra.name),
    );
    // What there is instead is said once.
    const overview = this.#isMissing ? undefined : this.#source.overview;
    this.#isMissing = true;
    const has = overview === undefined ? "" : `; ${overview}`;
    this.#fault(name, missed(name, `${this.#source.missing(name)}${mapped}${has}${near}`));
  }

  #repeated(name: string, first: Column, second: Column): string {
    return this.#source.repeated?.(name, first, second) ?? `there is multi field with name: ${excerpt(name)}`;
  }

  #fault(field: string, reason: string, column?: Column): void {
    this.#faults.add(new ImportError("schema_mismatch", reason, { ...this.#source.placeOf(column), field }));
  }
}

/** Of a preset's source and the field's own name. */
function twoSources({ schema }: FieldPlan, index: number): string {
  const { name } = schema.fields[index];
  return `options.preset: there is a column '${name}' beside the one that the preset takes for it: say in fields_mapping which one is meant`;
}
