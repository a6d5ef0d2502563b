import { standInOf } from "@sluice/columns";
import { excerptOfList, ImportError } from "@sluice/errors";
import {
  type ListNode,
  leafType,
  listNode,
  type PandasRange,
  type ParquetFile,
  type SchemaNode,
} from "@sluice/parquet";
import {
  type CollectionSchema,
  DataType,
  type FieldSchema,
  isDenseVector,
  type StructSchema,
  vectorBytes,
} from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import { elementTypeOf } from "../../numbers/element-type.ts";
import { type ElementRule, finiteCheck } from "../../numbers/elements.ts";
import { bindColumns, type NamedColumn } from "../../plan/bind-columns.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../../plan/left-over.ts";
import { missed, nullRefused } from "../../plan/refusals.ts";
import { SchemaFaults } from "../../plan/schema-faults.ts";
import { cellOfText } from "../../text-cells.ts";
import { ArrayColumn } from "./columns/array-column.ts";
import { AssembledColumn } from "./columns/assembled-column.ts";
import { BytesVectorColumn } from "./columns/bytes-vector-column.ts";
import type { ColumnReader } from "./columns/column-reader.ts";
import { FoldedColumn } from "./columns/folded-column.ts";
import { type JsonShape, jsonShape, pairsShape, structShape } from "./columns/json-shape.ts";
import { leafRule } from "./columns/leaf-rule.ts";
import { leafWriter } from "./columns/leaf-text.ts";
import { ParsedTextColumn } from "./columns/parsed-text-column.ts";
import { PrintedColumn } from "./columns/printed-column.ts";
import { RaggedVectorColumn } from "./columns/ragged-vector-column.ts";
import { RangeColumn, takesRange } from "./columns/range-column.ts";
import type { ReadContext } from "./columns/read-context.ts";
import { ScalarColumn } from "./columns/scalar-column.ts";
import { SparseStructColumn } from "./columns/sparse-column.ts";
import { StructColumn, type StructMember } from "./columns/struct-column.ts";
import { TextColumn } from "./columns/text-column.ts";
import { timestampRule } from "./columns/timestamps.ts";
import { VectorColumn } from "./columns/vector-column.ts";
import {
  arrayElementRule,
  expectedType,
  foundType,
  isFloatVector,
  isGeometry,
  isJsonText,
  isPlainText,
  isSparkVector,
  isStoredText,
  isText,
  memberList,
  vectorElement,
  vectorElementRule,
} from "./type-rules.ts";

/** How the columns of one field, or of one struct array, are made from the file. */
export type ColumnPlan = (context: ReadContext) => ColumnReader;

/**
 * Plans how each field is read from the columns that feed it. Columns that no field has become keys of `$meta` where there is
 * one, unless the option `fold_extra_columns` is false; what cannot is warned of.
 * @throws {ImportError} `schema_mismatch`, with the field; all faults of the footer in one
 */
export function planColumns(
  file: ParquetFile,
  plan: FieldPlan,
  path: string,
  warn: (text: string) => void = () => {},
): ColumnPlan[] {
  const faults = new SchemaFaults();
  const source = {
    columns: [...namedChildren(file.root), ...rangesOf(file)],
    inside: (column: FileColumn) =>
      isRange(column) || column.leaf >= 0 || listNode(column) ? [] : namedChildren(column),
    missing: (name: string) => `no parquet field for milvus field '${name}'`,
    overview: `the file has ${columnsOf(file)}`,
    placeOf: () => ({ file: path }),
  };
  const bound = bindColumns<FileColumn>(plan, source, faults);
  const planner = new Planner(plan.schema, file.root, path, faults);
  const data = bound.extras.filter(({ name }) => !isRowLabel(name));
  const folds = plan.options.foldExtraColumns && plan.schema.fields.some((field) => field.isDynamic);
  const extras = folds ? foldable(data, file.pandasIndex.columns) : [];
  const fields = plan.schema.fields.map((field, i) =>
    faults.attempt(() => planner.field(field, i, bound.fields[i], extras)),
  );
  const structs = plan.schema.structs.map((struct, i) =>
    faults.attempt(() => planner.struct(struct, bound.structs[i])),
  );
  faults.throwAny();
  const folded = new Set(extras.map(({ name }) => name));
  const outside = data.map(({ name }) => name).filter((name) => !folded.has(name));
  const left = [...outside, ...bound.leftInside];
  for (const text of [leftOverWarning(plan, left), absentWarning(plan, bound.fields)])
    if (text !== undefined) warn(`${path}: ${text}`);
  return [...fields, ...structs].filter((made) => made !== undefined);
}

/** A column of the file, or one that its metadata stand for. */
type FileColumn = SchemaNode | PandasRange;

function isRange(column: FileColumn): column is PandasRange {
  return "step" in column;
}

function rangesOf({ root, pandasIndex }: ParquetFile): NamedColumn<FileColumn>[] {
  const names = new Set(root.children.map(({ name }) => name));
  return pandasIndex.ranges.filter(({ name }) => !names.has(name)).map((column) => ({ name: column.name, column }));
}

function namedChildren(node: SchemaNode): NamedColumn<SchemaNode>[] {
  return node.children.map((column) => ({ name: column.name, column }));
}

/** Columns that an error lists. */
const MAX_LISTED = 20;

function columnsOf({ root }: ParquetFile): string {
  const names = root.children.map(({ name }) => `'${name}'`);
  return names.length === 0 ? "no columns" : `the columns ${excerptOfList(names, MAX_LISTED)}`;
}

/** Columns that become keys of `$meta`. What pandas calls an index labels rows and is no data. */
function foldable(columns: readonly NamedColumn<FileColumn>[], indexes: readonly string[]): NamedColumn<SchemaNode>[] {
  return columns.flatMap(({ name, column }) =>
    isRange(column) || indexes.includes(name) || !jsonShape(column) ? [] : [{ name, column }],
  );
}

/** Row labels that pandas itself has named are not worth a word. */
function isRowLabel(name: string): boolean {
  return /^__index_level_\d+__$/.test(name);
}

class Planner {
  readonly #schema: CollectionSchema;
  readonly #root: SchemaNode;
  readonly #path: string;
  readonly #faults: SchemaFaults;

  constructor(schema: CollectionSchema, root: SchemaNode, path: string, faults: SchemaFaults) {
    this.#schema = schema;
    this.#root = root;
    this.#path = path;
    this.#faults = faults;
  }

  /** Undefined where nothing feeds the field. @param extras columns that are folded into `$meta` */
  field(
    field: FieldSchema,
    position: number,
    column: FileColumn | undefined,
    extras: readonly NamedColumn<SchemaNode>[],
  ): ColumnPlan | undefined {
    if (column !== undefined && isRange(column)) return this.#range(field, position, column);
    if (field.isDynamic && extras.length > 0) return this.#folded(field, position, column, extras);
    return column && this.#column(field, position, column);
  }

  #range(field: FieldSchema, position: number, range: PandasRange): ColumnPlan {
    if (takesRange(field)) return (context) => new RangeColumn(position, field, range, context);
    const found = "an index of pandas, which the metadata hold as integers";
    throw this.#mismatch(field.name, `field '${field.name}' wants ${expectedType(field)}, the file has ${found}`);
  }

  #column(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    if (leafType(column).kind === "null") return this.#allNull(field);
    const plan = this.#values(field, position, column);
    if (!plan) throw this.#typeMismatch(field.name, expectedType(field), column);
    return plan;
  }

  #folded(
    meta: FieldSchema,
    position: number,
    column: SchemaNode | undefined,
    extras: readonly NamedColumn<SchemaNode>[],
  ): ColumnPlan {
    const own = column && this.#column(meta, position, column);
    const shape = structShape(
      this.#root,
      extras.map((extra) => extra.column),
    );
    if (!shape) throw new Error("a column was to be folded that has no form in JSON");
    return (context) => {
      const inner = { ...context, dynamic: context.dynamic.with(extras.map(({ name }) => name)) };
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

  struct(struct: StructSchema, column: FileColumn | undefined): ColumnPlan | undefined {
    if (!column || isRange(column)) return undefined;
    const list = listNode(column);
    if (!list || list.element.leaf >= 0) throw this.#typeMismatch(struct.name, "list<struct>", column);
    const extra = list.element.children.find((child) => !struct.members.includes(child.name));
    if (extra) throw this.#mismatch(struct.name, `the struct array '${struct.name}' has no sub-field '${extra.name}'`);
    const planned = struct.members.map((name) => this.#faults.attempt(() => this.#member(struct, name, list)));
    const members = planned.filter((member) => member !== undefined);
    return (context) => {
      const opened = members.map((member) => member(context));
      return new StructColumn(struct, list, opened, context);
    };
  }

  #member(struct: StructSchema, name: string, list: ListNode): (context: ReadContext) => StructMember {
    const nodes = list.element.children.filter((child) => child.name === name);
    const position = this.#schema.fields.findIndex((field) => field.name === `${struct.name}[${name}]`);
    const field = this.#schema.fields[position];
    if (nodes.length === 0)
      throw this.#mismatch(field.name, missed(field.name, `no parquet field for milvus field '${field.name}'`));
    if (nodes.length > 1) throw this.#mismatch(field.name, `there is multi field with name: ${field.name}`);
    const found =
      field.dataType === DataType.ArrayOfVector
        ? this.#vectorMember(field, nodes[0])
        : this.#scalarMember(field, nodes[0]);
    if (!found) throw this.#typeMismatch(field.name, expectedType(field), nodes[0]);
    const { node, ...member } = found;
    return ({ open }) => ({ ...member, position, leaf: open(node) });
  }

  #scalarMember(field: FieldSchema, node: SchemaNode) {
    if (node.leaf < 0 || node.repetition > 1) return undefined;
    const rule = arrayElementRule(field, node);
    return rule && { node, rule: rule.rule, vector: undefined, vectorCheck: undefined };
  }

  #vectorMember(field: FieldSchema, node: SchemaNode) {
    if (node.leaf >= 0) {
      const { kind, width } = leafType(node);
      const isWhole = kind === "fixed" && width === vectorBytes(field.elementType, field.dim);
      return isWhole
        ? { node, rule: rawBytes, vector: undefined, vectorCheck: vectorElement(field.elementType) }
        : undefined;
    }
    const vector = listNode(node);
    const found = vector && vectorElementRule(field.elementType, vector.element);
    return found && { node: vector.element, rule: found.rule, vector, vectorCheck: found.rowCheck };
  }

  #values(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    if (field.dataType === DataType.Array) return this.#array(field, position, column);
    if (field.dataType === DataType.SparseFloatVector) return this.#sparse(field, position, column);
    if (isDenseVector(field.dataType)) return this.#vector(field, position, column);
    if (column.leaf < 0 || column.repetition > 0)
      return field.dataType === DataType.JSON && !field.isDynamic
        ? this.#assembled(field, position, jsonShape(column))
        : undefined;
    const type = leafType(column);
    if (type.kind === "timestamp" && field.dataType === DataType.Timestamptz) {
      const rule = timestampRule(type, this.#schema.timezone);
      return (context) => new ScalarColumn(position, field, context.open(column), rule, context);
    }
    const element = elementTypeOf(field.dataType);
    if (element) {
      const rule = leafRule(type, element);
      return rule && ((context) => new ScalarColumn(position, field, context.open(column), rule, context));
    }
    const write = isPlainText(field) ? leafWriter(type) : undefined;
    if (write) return (context) => new PrintedColumn(position, field, context.open(column), write, context);
    if (!isText(column) && !isGeometry(field, type)) return undefined;
    const isParsed = field.dataType === DataType.Geometry || field.dataType === DataType.Timestamptz;
    if (isParsed) return (context) => new ParsedTextColumn(position, field, context.open(column), context);
    return isStoredText(field)
      ? (context) => new TextColumn(position, field, context.open(column), context)
      : undefined;
  }

  #array(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    const list = listNode(column);
    if (isJsonText(column)) return (context) => new ParsedTextColumn(position, field, context.open(column), context);
    if (!list || list.element.leaf < 0 || list.element.repetition !== 1) return undefined;
    const found = arrayElementRule(field, list.element);
    return (
      found && ((context) => new ArrayColumn(position, field, context.open(list.element), list, found.rule, context))
    );
  }

  #sparse(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    if (column.leaf >= 0)
      return isText(column) && column.repetition === 0
        ? (context) => new ParsedTextColumn(position, field, context.open(column), context)
        : undefined;
    const indices = memberList(column, "indices", ["int32", "uint32", "int64", "uint64"]);
    const values = memberList(column, "values", ["float", "double"]);
    if (!indices || !values || column.children.length !== 2)
      return this.#assembled(field, position, pairsShape(column) ?? jsonShape(column));
    const lists = { struct: column, indices, values };
    return (context) => {
      const [indexLeaf, valueLeaf] = [context.open(indices.element), context.open(values.element)];
      return new SparseStructColumn(position, field, lists, indexLeaf, valueLeaf, context);
    };
  }

  #vector(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    const list = listNode(column);
    if (list) {
      const found = list.element.repetition === 1 ? vectorElementRule(field.dataType, list.element) : undefined;
      if (!found) return undefined;
      const { rule, rowCheck } = found;
      return (context) => {
        const Vectors = context.rejects.goesOn ? RaggedVectorColumn : VectorColumn;
        return new Vectors(position, field, context.open(list.element), list, rule, rowCheck, context);
      };
    }
    if (isSparkVector(column) && isFloatVector(field)) return this.#assembled(field, position, jsonShape(column));
    if (column.leaf < 0) return undefined;
    if (isJsonText(column)) return (context) => new ParsedTextColumn(position, field, context.open(column), context);
    const { kind, width } = leafType(column);
    const element = vectorElement(field.dataType);
    if (kind === "bytes")
      return (context) => new BytesVectorColumn(position, field, context.open(column), element, context);
    if (kind !== "fixed" || width !== vectorBytes(field.dataType, field.dim)) return undefined;
    const rule: ElementRule = { to: element, convert: undefined, check: finiteCheck(element) };
    return (context) => new ScalarColumn(position, field, context.open(column), rule, context);
  }

  /** By way of the JSON that a row of JSON would have. */
  #assembled(field: FieldSchema, position: number, shape: JsonShape | undefined): ColumnPlan | undefined {
    if (!shape) return undefined;
    const parse = field.dataType === DataType.JSON ? storedJson : cellOfText(this.#schema, field);
    return (context) => new AssembledColumn(position, field, shape, parse, context);
  }

  #typeMismatch(name: string, expected: string, column: SchemaNode): ImportError {
    return this.#mismatch(
      name,
      `schema not equal, err=field '${name}' type mis-match, expect arrow type '${expected}', get arrow data type '${foundType(column)}': the field takes no column of this type`,
    );
  }

  #mismatch(field: string, reason: string): ImportError {
    return new ImportError("schema_mismatch", reason, { file: this.#path, field });
  }
}

/** Of what repeats a key the last one stays. */
function storedJson(text: Uint8Array): Uint8Array {
  dropRepeatedKeys(text);
  return text;
}

/** Values that are the bytes of a vector. */
const rawBytes: ElementRule = { to: "uint8", convert: undefined, check: undefined };
