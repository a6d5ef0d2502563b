import { standInOf } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { leafType, type PandasRange, type ParquetFile, type SchemaNode } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { type Coercion, Coercions, coerceHints, integerCell, isIntegerField, isTextField } from "../../coercions.ts";
import { bindColumns } from "../../plan/bind-columns.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../../plan/left-over.ts";
import { nullRefused } from "../../plan/refusals.ts";
import { SchemaFaults } from "../../plan/schema-faults.ts";
import { withTableNames } from "../../plan/table-names.ts";
import type { ColumnPlan } from "./column-plan.ts";
import { FoldedColumn } from "./columns/folded-column.ts";
import { structShape } from "./columns/json-shape.ts";
import { integerWriter, type LeafWriter } from "./columns/leaf-text.ts";
import { OnceFloats } from "./columns/once-floats.ts";
import { ParsedCellColumn, ParsedTextColumn } from "./columns/parsed-text-column.ts";
import { PrintedColumn } from "./columns/printed-column.ts";
import { RangeColumn, takesRange } from "./columns/range-column.ts";
import { columnSource, extraColumns, type FileColumn, isRange } from "./file-columns.ts";
import { planStruct } from "./struct-plan.ts";
import { typeHint } from "./type-hints.ts";
import { mismatch, typeMismatch } from "./type-mismatch.ts";
import { expectedType, isJsonText, isText } from "./type-rules.ts";
import { valuePlan } from "./value-plan.ts";

/**
 * Plans how each field is read from the columns that feed it. Columns that no field has become keys of `$meta` where there is
 * one, unless the option `fold_extra_columns` is false; what cannot is warned of.
 * @throws {ImportError} `schema_mismatch`, with the field; all faults of the footer in one
 */
export function planColumns(
  asWritten: ParquetFile,
  plan: FieldPlan,
  path: string,
  warn: (text: string) => void = () => {},
): ColumnPlan[] {
  const { tableColumns } = plan.options;
  const file = tableColumns ? { ...asWritten, root: withTableNames(asWritten.root, tableColumns) } : asWritten;
  const faults = new SchemaFaults();
  const bound = bindColumns<FileColumn>(plan, columnSource(file, path), faults);
  const { folded, left } = extraColumns(file, plan, bound.extras, bound.leftInside);
  plan.uses.noteMeta(folded.map(({ name }) => name));
  const planner = new FieldPlanner(plan, file.root, path, folded);
  const watched = (field: FieldSchema, i: number) =>
    watchFloats(planner.field(field, i, bound.fields[i]), field, bound.fields[i], file, (text) =>
      warn(`${path}: ${text}`),
    );
  const fields = plan.schema.fields.map((field, i) => faults.attempt(() => watched(field, i)));
  const structs = plan.schema.structs.map((struct, i) => {
    const column = bound.structs[i];
    if (column && !isRange(column)) return faults.attempt(() => planStruct(plan.schema, struct, column, path, faults));
    return undefined;
  });
  faults.throwAny();
  for (const text of [leftOverWarning(plan, left), absentWarning(plan, bound.fields), planner.coercions.warning])
    if (text !== undefined) warn(`${path}: ${text}`);
  return [...fields, ...structs].filter((made) => made !== undefined);
}

class FieldPlanner {
  readonly #schema: CollectionSchema;
  readonly #root: SchemaNode;
  readonly #path: string;
  /** Columns that become keys of `$meta`. */
  readonly #folded: readonly SchemaNode[];

  readonly #options: FieldPlan["options"];
  readonly coercions = new Coercions();

  constructor({ schema, options }: FieldPlan, root: SchemaNode, path: string, folded: readonly SchemaNode[]) {
    this.#schema = schema;
    this.#options = options;
    this.#root = root;
    this.#path = path;
    this.#folded = folded;
  }

  /** Undefined where nothing feeds the field. */
  field(field: FieldSchema, position: number, column: FileColumn | undefined): ColumnPlan | undefined {
    if (column !== undefined && isRange(column)) return this.#range(field, position, column);
    if (field.isDynamic && this.#folded.length > 0) return this.#meta(field, position, column);
    return column && this.#column(field, position, column);
  }

  #range(field: FieldSchema, position: number, range: PandasRange): ColumnPlan {
    if (takesRange(field)) return (context) => new RangeColumn(position, field, range, context);
    const found = "an index of pandas, which the metadata hold as integers";
    throw mismatch(this.#path, field.name, `field '${field.name}' wants ${expectedType(field)}, the file has ${found}`);
  }

  #column(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    if (leafType(column).kind === "null") return this.#allNull(field);
    const form = this.#options.forms?.get(field.name);
    if (form && isText(column) && column.repetition === 0)
      return (context) => new ParsedTextColumn(position, field, context.open(column), context, form);
    const plan = valuePlan(this.#schema, field, position, column) ?? this.#coerced(field, position, column);
    if (plan) return plan;
    const coercion = coercionOf(field, column);
    const hint = coercion ? coerceHints[coercion] : typeHint(field, column);
    throw typeMismatch(this.#path, field.name, expectedType(field), column, hint);
  }

  /** A column of the other type, where `coerce` allows it. */
  #coerced(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    const coercion = this.#options.coerces ? coercionOf(field, column) : undefined;
    if (!coercion) return undefined;
    this.coercions.all(field.name, coercion);
    if (coercion === "text to integer") {
      const parse = integerCell(field);
      return (context) => new ParsedCellColumn(position, field, context.open(column), context, parse);
    }
    const write = integerWriter(leafType(column)) as LeafWriter;
    return (context) => new PrintedColumn(position, field, context.open(column), write, context);
  }

  #meta(field: FieldSchema, position: number, column: SchemaNode | undefined): ColumnPlan {
    const own = column && this.#column(field, position, column);
    const shape = structShape(this.#root, this.#folded);
    if (!shape) throw new Error("a column was to be folded that has no form in JSON");
    return (context) => {
      const inner = { ...context, dynamic: context.dynamic.with(this.#folded.map(({ name }) => name)) };
      return new FoldedColumn(position, own?.(inner), shape, context);
    };
  }

  /** A column of Arrow's null type is as good as none, but that its nulls are given. */
  #allNull(field: FieldSchema): undefined {
    if (standInOf(field) !== undefined) return undefined;
    throw new ImportError("value_invalid", `${nullRefused(field.name)}: its column is of type null`, {
      file: this.#path,
      field: field.name,
    });
  }
}

/** Of integers that were floating point numbers in pandas, those that may have been rounded are told of. */
function watchFloats(
  plan: ColumnPlan | undefined,
  { dataType, name }: FieldSchema,
  column: FileColumn | undefined,
  { pandasFloats }: ParquetFile,
  warn: (text: string) => void,
): ColumnPlan | undefined {
  if (!plan || !column || dataType !== DataType.Int64 || !pandasFloats.includes(column.name)) return plan;
  const why = "pandas had them as floating point numbers beside a null when the file was written";
  const cure = "write the column with pandas' type Int64, or as JSON";
  const tell = (row: number, value: bigint) =>
    warn(
      `integers beyond 2^53 of field '${name}', such as ${value} in row ${row}, may have been rounded: ${why}; ${cure}`,
    );
  return (context) => new OnceFloats(plan(context), tell);
}

/** How values of the other type would become those of the field; undefined where they would not. */
function coercionOf(field: FieldSchema, column: SchemaNode): Coercion | undefined {
  if (column.leaf < 0 || column.repetition > 0) return undefined;
  if (isIntegerField(field) && isJsonText(column)) return "text to integer";
  return isTextField(field) && integerWriter(leafType(column)) ? "integer to text" : undefined;
}
