import { standInOf } from "@sluice/columns";
import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import { DataType, type FieldSchema, isDenseVector, type StructSchema } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import { type Coercion, Coercions, coerceHints, integerCell, isIntegerField, isTextField } from "../../coercions.ts";
import { isInteger } from "../../numbers/number-kind.ts";
import { bindColumns, type ColumnSource, type NamedColumn } from "../../plan/bind-columns.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../../plan/left-over.ts";
import { nullRefused, tooLong } from "../../plan/refusals.ts";
import { SchemaFaults } from "../../plan/schema-faults.ts";
import { cellOfText, sparseOfBytes } from "../../text-cells.ts";
import { vectorCell } from "../../vector-cells.ts";
import { wrongLengthWords } from "../parquet/columns/vector-words.ts";
import { expectedType } from "../parquet/type-rules.ts";
import type { ArrowColumnPlan, DecodeContext } from "./columns/column-decoder.ts";
import { metaDecoder } from "./columns/meta-column.ts";
import { numberDecoder } from "./columns/number-column.ts";
import { structArrayDecoder } from "./columns/struct-array-column.ts";
import { textDecoder } from "./columns/text-column.ts";
import {
  documentWriter,
  integerTextWriter,
  isPairs,
  isWritable,
  jsonWriter,
  midnightWriter,
  pairsWriter,
  plainWriter,
  type WriteValue,
} from "./columns/value-writers.ts";
import { vectorDecoder } from "./columns/vector-column.ts";
import { writtenDecoder } from "./columns/written-column.ts";
import { extraColumns, type Path } from "./extra-columns.ts";
import type { ArrowField } from "./ipc/arrow-type.ts";
import type { ArrowValues } from "./ipc/arrow-values.ts";
import type { ArrowSchema } from "./ipc/read-schema.ts";
import { hasOtherLength, isStoredText, isText, numberRule, typeText, vectorRule, writtenForm } from "./type-rules.ts";

/**
 * Plans how each field is read from the columns that feed it. Columns that no field has become keys of `$meta` where there is
 * one, unless the option `fold_extra_columns` is false; what cannot is warned of.
 * @throws {ImportError} `schema_mismatch`, with the field; all faults of the schema in one
 */
export function planColumns(
  schema: ArrowSchema,
  plan: FieldPlan,
  path: string,
  warn: (text: string) => void = () => {},
): ArrowColumnPlan[] {
  const faults = new SchemaFaults();
  const { fields: columns, indexes, called = "arrow" } = schema;
  const bound = bindColumns<Path>(plan, shownColumns(columns, called, path), faults);
  const planner = new Planner(plan, path, called);
  const { folded, left } = extraColumns(columns, indexes, plan, bound);
  plan.uses.noteMeta(folded.map(({ name }) => name));
  const fields = plan.schema.fields.map((field, i) =>
    faults.attempt(() => planner.field(field, i, bound.fields[i], folded)),
  );
  const structs = plan.schema.structs.map((struct, i) =>
    faults.attempt(() => planner.struct(struct, bound.structs[i])),
  );
  faults.throwAny();
  for (const text of [leftOverWarning(plan, left), absentWarning(plan, bound.fields), planner.coercions.warning])
    if (text !== undefined) warn(`${path}: ${text}`);
  return [...fields, ...structs].filter((made) => made !== undefined);
}

/** Columns that an error lists. */
const MAX_LISTED = 20;

/** The columns of a file by their names, and those inside of structs. */
function shownColumns(columns: readonly ArrowField[], called: string, file: string): ColumnSource<Path> {
  const named = (fields: readonly ArrowField[], above: Path) =>
    fields.map((field): NamedColumn<Path> => ({ name: field.name, column: [...above, field] }));
  const names = columns.map(({ name }) => `'${name}'`);
  return {
    columns: named(columns, []),
    inside: (column) => (lastOf(column).type.kind === "struct" ? named(lastOf(column).children, column) : []),
    missing: (name) => `no ${called} field for milvus field '${name}'`,
    overview: `the file has the columns ${excerptOfList(names, MAX_LISTED)}`,
    placeOf: () => ({ file }),
  };
}

function lastOf(path: Path): ArrowField {
  return path[path.length - 1];
}

class Planner {
  readonly #plan: FieldPlan;
  readonly #path: string;
  readonly #called: string;
  readonly coercions = new Coercions();

  constructor(plan: FieldPlan, path: string, called: string) {
    this.#plan = plan;
    this.#path = path;
    this.#called = called;
  }

  /** Undefined where nothing feeds the field. @param extras columns that become keys of `$meta` */
  field(
    field: FieldSchema,
    position: number,
    path: Path | undefined,
    extras: readonly NamedColumn<Path>[],
  ): ArrowColumnPlan | undefined {
    if (field.isDynamic && extras.length > 0) return this.#meta(field, position, path, extras);
    if (!path) return undefined;
    if (lastOf(path).type.kind === "null") return this.#allNull(field);
    const open = this.#decoder(field, lastOf(path));
    const coercion = coercionOf(field, lastOf(path));
    if (!open) throw this.#mismatch(field.name, expectedType(field), lastOf(path), coercion && coerceHints[coercion]);
    return { fields: [position], paths: [path], open };
  }

  #decoder(field: FieldSchema, source: ArrowField): ArrowColumnPlan["open"] | undefined {
    const stated = this.#plan.options.forms?.get(field.name);
    if (stated && isText(source))
      return (context) => writtenDecoder(field, plainValues, vectorCell(stated, field), context);
    const number = numberRule(field, source);
    if (number) return (context) => numberDecoder(field, number.kind, number.rule, context);
    if (isStoredText(field) && isText(source)) return (context) => textDecoder(field, context);
    const vector = isDenseVector(field.dataType) ? vectorRule(field, source) : undefined;
    if (vector) return this.#vector(field, source, vector);
    const form = writtenForm(field, source);
    if (!form) return this.#coerced(field, source);
    const isSparse = field.dataType === DataType.SparseFloatVector;
    const parser = isSparse && source.type.kind === "bytes" ? sparseOfBytes : this.#parser(field);
    return (context) => writtenDecoder(field, writerFor(field, source, form), parser, context);
  }

  /** A column of the other type, where `coerce` allows it. */
  #coerced(field: FieldSchema, source: ArrowField): ArrowColumnPlan["open"] | undefined {
    const coercion = this.#plan.options.coerces ? coercionOf(field, source) : undefined;
    if (!coercion) return undefined;
    this.coercions.all(field.name, coercion);
    return coercion === "text to integer"
      ? (context) => writtenDecoder(field, plainValues, integerCell(field), context)
      : (context) => writtenDecoder(field, integerTextWriter, checkedLength(field), context);
  }

  #vector(field: FieldSchema, source: ArrowField, vector: NonNullable<ReturnType<typeof vectorRule>>) {
    if (hasOtherLength(vector, source)) {
      const reason = wrongLengthWords(field, vector.items, String(source.type.size));
      throw new ImportError("schema_mismatch", reason, { file: this.#path, field: field.name });
    }
    return (context: DecodeContext) => vectorDecoder(field, vector, context);
  }

  #parser(field: FieldSchema): (text: Uint8Array) => Uint8Array {
    if (field.dataType === DataType.JSON) return withoutRepeatedKeys;
    if (isStoredText(field)) return checkedLength(field);
    return cellOfText(this.#plan.schema, field);
  }

  #meta(
    field: FieldSchema,
    position: number,
    own: Path | undefined,
    extras: readonly NamedColumn<Path>[],
  ): ArrowColumnPlan {
    const source = own && lastOf(own);
    if (source && !isText(source) && writtenForm(field, source) === undefined)
      throw this.#mismatch(field.name, "string or struct", source);
    const writeOwn = source && (isText(source) ? plainValues : documentWriter);
    const names = extras.map(({ name }) => name);
    return {
      fields: [position],
      paths: [...(own ? [own] : []), ...extras.map(({ column }) => column)],
      open: (context) => metaDecoder(field, writeOwn, names, context),
    };
  }

  /** A column of the null type is as good as none, but that its nulls are given. */
  #allNull(field: FieldSchema): undefined {
    if (standInOf(field) !== undefined) return undefined;
    const reason = `${nullRefused(field.name)}: its column is of type null`;
    throw new ImportError("value_invalid", reason, { file: this.#path, field: field.name });
  }

  struct(struct: StructSchema, path: Path | undefined): ArrowColumnPlan | undefined {
    if (!path) return undefined;
    const source = lastOf(path);
    const isList = source.type.kind === "list" && source.children[0].type.kind === "struct" && isWritable(source);
    if (!isList) throw this.#mismatch(struct.name, "list<struct>", source);
    const fields = struct.members.map((member) =>
      this.#plan.schema.fields.findIndex(({ name }) => name === `${struct.name}[${member}]`),
    );
    return { fields, paths: [path], open: (context) => structArrayDecoder(struct, fields, context) };
  }

  #mismatch(name: string, expected: string, source: ArrowField, hint = ""): ImportError {
    const found = typeText(source);
    const cure = cures[source.type.name]?.replace("COLUMN", source.name).replace("FIELD", name);
    const why =
      source.type.kind === "unsupported"
        ? `${source.type.name} is not read: ${cure ?? "cast the column before writing it"}`
        : `the field takes no column of this type${cure ? `: ${cure}` : hint}`;
    const reason = `schema not equal, err=field '${name}' type mis-match, expect ${this.#called} type '${expected}', get ${this.#called} data type '${excerpt(found, 200)}': ${why}`;
    return new ImportError("schema_mismatch", reason, { file: this.#path, field: name });
  }
}

/** What to do about extensions that no field takes as they are. */
const cures: Readonly<Record<string, string | undefined>> = {
  variant: "write the table as Parquet, or its values as JSON text",
  "permuted fixed_shape_tensor": "write it without a permutation",
  variable_shape_tensor: 'name the list inside of it, fields_mapping {"COLUMN.data": "FIELD"}',
};

/** How values of the other type would become those of the field; undefined where they would not. */
function coercionOf(field: FieldSchema, { type }: ArrowField): Coercion | undefined {
  if (isIntegerField(field) && type.kind === "text") return "text to integer";
  if (!isTextField(field) || type.kind !== "number" || !isInteger(type.number as string)) return undefined;
  return "integer to text";
}

function writerFor({ dataType }: FieldSchema, source: ArrowField, form: "plain" | "json") {
  if (form === "plain")
    return dataType === DataType.Timestamptz && source.type.kind === "date" ? midnightWriter : plainValues;
  if (dataType === DataType.JSON) return documentWriter;
  return dataType === DataType.SparseFloatVector && isPairs(source)
    ? pairsWriter
    : (values: ArrowValues) => jsonWriter(values);
}

function plainValues(values: ArrowValues): WriteValue {
  return plainWriter(values) as WriteValue;
}

function withoutRepeatedKeys(text: Uint8Array): Uint8Array {
  return text.subarray(0, dropRepeatedKeys(text));
}

function checkedLength(field: FieldSchema): (text: Uint8Array) => Uint8Array {
  return (text) => {
    if (field.maxLength === 0 || text.length <= field.maxLength) return text;
    throw new RangeError(tooLong(field, text));
  };
}
