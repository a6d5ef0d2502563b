import { ImportError } from "@sluice/errors";
import { type LeafReader, type ListNode, leafType, listNode, type ParquetFile, type SchemaNode } from "@sluice/parquet";
import {
  type CollectionSchema,
  DataType,
  type FieldSchema,
  isDenseVector,
  isOptional,
  type StructSchema,
  vectorBytes,
} from "@sluice/schema";
import { ArrayColumn } from "./columns/array-column.ts";
import { BytesVectorColumn } from "./columns/bytes-vector-column.ts";
import type { ColumnReader } from "./columns/column-reader.ts";
import { type ElementRule, elementRule, elementTypeOf, finiteCheck } from "./columns/elements.ts";
import { FoldedColumn } from "./columns/folded-column.ts";
import { ParsedTextColumn } from "./columns/parsed-text-column.ts";
import { ScalarColumn } from "./columns/scalar-column.ts";
import { SparseStructColumn } from "./columns/sparse-column.ts";
import { StructColumn, type StructMember } from "./columns/struct-column.ts";
import { TextColumn } from "./columns/text-column.ts";
import { VectorColumn } from "./columns/vector-column.ts";
import {
  arrayElementRule,
  expectedType,
  extraType,
  foundType,
  isStoredText,
  isText,
  memberList,
  vectorElement,
  vectorElementRule,
} from "./type-rules.ts";

/** Opens the reader of a leaf; called when the plan is carried out. */
export type OpenLeaf = (node: SchemaNode) => LeafReader;

/** How the columns of one field, or of one struct array, are made from the file. */
export type ColumnPlan = (open: OpenLeaf) => ColumnReader;

/** Option: columns that no field has become keys of `$meta`, where the collection has dynamic fields. */
const FOLD_OPTION = "fold_extra_columns";

/**
 * Checks the file's columns against the collection and plans how each field is read. Columns that no field has are ignored,
 * or folded into `$meta` with the option `fold_extra_columns`.
 * @throws {ImportError} `schema_mismatch`, with the field
 */
export function planColumns(
  file: ParquetFile,
  schema: CollectionSchema,
  path: string,
  options: Readonly<Record<string, string>> = {},
): ColumnPlan[] {
  const planner = new Planner(file, schema, path, options[FOLD_OPTION]?.toLowerCase() === "true");
  const members = new Set(
    schema.structs.flatMap((struct) => struct.members.map((member) => `${struct.name}[${member}]`)),
  );
  const plans = schema.fields.map((field, i) =>
    members.has(field.name) ? planner.refuseFlat(field) : planner.field(field, i),
  );
  return [...plans, ...schema.structs.map((struct) => planner.struct(struct))].filter((plan) => plan !== undefined);
}

class Planner {
  readonly #columns = new Map<string, SchemaNode>();
  readonly #file: ParquetFile;
  readonly #schema: CollectionSchema;
  readonly #path: string;
  readonly #folds: boolean;

  constructor(file: ParquetFile, schema: CollectionSchema, path: string, folds: boolean) {
    this.#folds = folds;
    this.#file = file;
    this.#schema = schema;
    this.#path = path;
    for (const column of file.root.children) {
      if (this.#columns.has(column.name))
        throw this.#mismatch(column.name, `there is multi field with name: ${column.name}`);
      this.#columns.set(column.name, column);
    }
  }

  /** Undefined where the file has no such column and need not have it. */
  field(field: FieldSchema, position: number): ColumnPlan | undefined {
    const column = this.#columns.get(field.name);
    const extras = field.isDynamic && this.#folds ? this.#extraColumns() : [];
    if (extras.length > 0) return this.#folded(field, position, column, extras);
    if (!column) {
      if (!isOptional(field)) throw this.#missing(field.name);
      return undefined;
    }
    if (field.isFunctionOutput)
      throw this.#mismatch(field.name, `not allowed to provide data for function output field '${field.name}'`);
    if (field.isPrimaryKey && field.autoId && !this.#schema.allowInsertAutoId) {
      throw this.#mismatch(field.name, `the primary key '${field.name}' is auto-generated, no need to provide`);
    }
    if (leafType(column).kind === "null") return this.#allNull(field);
    const plan = this.#values(field, position, column);
    if (!plan) throw this.#typeMismatch(field.name, expectedType(field), column);
    return plan;
  }

  /** Columns that nothing of the collection has the name of. Row labels of pandas are never data. */
  #extraColumns(): SchemaNode[] {
    const names = new Set([...this.#schema.fields, ...this.#schema.structs].map(({ name }) => name));
    return [...this.#columns.values()].filter(({ name }) => !names.has(name) && !/^__index_level_\d+__$/.test(name));
  }

  #folded(
    meta: FieldSchema,
    position: number,
    column: SchemaNode | undefined,
    extras: readonly SchemaNode[],
  ): ColumnPlan {
    const { fields } = this.#schema;
    const schema = { ...this.#schema, fields: [...fields, ...extras.map((extra) => this.#extraField(meta, extra))] };
    const planner = new Planner(this.#file, schema, this.#path, false);
    const own = column && planner.field(meta, position);
    const plans = extras.map((_, i) => planner.field(schema.fields[fields.length + i], fields.length + i));
    return (open) =>
      new FoldedColumn(
        position,
        schema,
        own?.(open),
        plans.filter((plan) => plan !== undefined).map((plan) => plan(open)),
      );
  }

  /** A column of the file as if it were a field: the widest of its kind. */
  #extraField(meta: FieldSchema, extra: SchemaNode): FieldSchema {
    const { name } = extra;
    const dataType = extra.repetition === 0 ? extraType(leafType(extra).kind) : undefined;
    if (dataType === undefined)
      throw this.#mismatch(name, `column '${name}' of type ${foundType(extra)} cannot be folded into $meta`);
    return { ...meta, name, dataType, isDynamic: false, nullable: true, defaultValue: undefined, maxLength: 0 };
  }

  /** A column of Arrow's null type is as good as none. */
  #allNull(field: FieldSchema): undefined {
    if (field.nullable || field.defaultValue !== undefined || field.isDynamic) return undefined;
    throw this.#mismatch(
      field.name,
      `the field '${field.name}' is not nullable but the file contains null value: its column is of type null`,
    );
  }

  /** Members of struct arrays come inside of their struct only. */
  refuseFlat(field: FieldSchema): undefined {
    if (this.#columns.has(field.name))
      throw this.#mismatch(
        field.name,
        `column '${field.name}' must be given inside of its struct array, as list of structs`,
      );
  }

  struct(struct: StructSchema): ColumnPlan | undefined {
    const column = this.#columns.get(struct.name);
    if (!column) {
      if (!struct.nullable) throw this.#missing(struct.name);
      return undefined;
    }
    const list = listNode(column);
    if (!list || list.element.leaf >= 0) throw this.#typeMismatch(struct.name, "list<struct>", column);
    const extra = list.element.children.find((child) => !struct.members.includes(child.name));
    if (extra) throw this.#mismatch(struct.name, `the struct array '${struct.name}' has no sub-field '${extra.name}'`);
    const members = struct.members.map((name) => this.#member(struct, name, list));
    return (open) =>
      new StructColumn(
        this.#schema,
        struct,
        list,
        members.map((member) => member(open)),
      );
  }

  #member(struct: StructSchema, name: string, list: ListNode): (open: OpenLeaf) => StructMember {
    const nodes = list.element.children.filter((child) => child.name === name);
    const position = this.#schema.fields.findIndex((field) => field.name === `${struct.name}[${name}]`);
    const field = this.#schema.fields[position];
    if (nodes.length === 0) throw this.#mismatch(field.name, `no parquet field for milvus field '${field.name}'`);
    if (nodes.length > 1) throw this.#mismatch(field.name, `there is multi field with name: ${field.name}`);
    const found =
      field.dataType === DataType.ArrayOfVector
        ? this.#vectorMember(field, nodes[0])
        : this.#scalarMember(field, nodes[0]);
    if (!found) throw this.#typeMismatch(field.name, expectedType(field), nodes[0]);
    const { node, ...member } = found;
    return (open) => ({ ...member, position, leaf: open(node) });
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
    if (column.leaf < 0 || column.repetition > 0) return undefined;
    const element = elementTypeOf(field.dataType);
    if (element) {
      const rule = elementRule(leafType(column).kind, element);
      return rule && ((open) => new ScalarColumn(position, field, open(column), rule));
    }
    if (!isText(column)) return undefined;
    const isParsed = field.dataType === DataType.Geometry || field.dataType === DataType.Timestamptz;
    if (isParsed) return (open) => new ParsedTextColumn(position, this.#schema, open(column));
    return isStoredText(field) ? (open) => new TextColumn(position, this.#schema, open(column)) : undefined;
  }

  #array(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    const list = listNode(column);
    if (!list || list.element.leaf < 0 || list.element.repetition !== 1) return undefined;
    const found = arrayElementRule(field, list.element);
    return found && ((open) => new ArrayColumn(position, field, open(list.element), list, found.rule));
  }

  #sparse(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    if (column.leaf >= 0)
      return isText(column) && column.repetition === 0
        ? (open) => new ParsedTextColumn(position, this.#schema, open(column))
        : undefined;
    const indices = memberList(column, "indices", ["int32", "uint32", "int64", "uint64"]);
    const values = memberList(column, "values", ["float", "double"]);
    if (!indices || !values || column.children.length !== 2) return undefined;
    return (open) =>
      new SparseStructColumn(
        position,
        field,
        { struct: column, indices, values },
        open(indices.element),
        open(values.element),
      );
  }

  #vector(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan | undefined {
    const list = listNode(column);
    if (list) {
      const found = list.element.repetition === 1 ? vectorElementRule(field.dataType, list.element) : undefined;
      return (
        found && ((open) => new VectorColumn(position, field, open(list.element), list, found.rule, found.rowCheck))
      );
    }
    if (column.leaf < 0) return undefined;
    const { kind, width } = leafType(column);
    const element = vectorElement(field.dataType);
    if (kind === "bytes") return (open) => new BytesVectorColumn(position, field, open(column), element);
    if (kind !== "fixed" || width !== vectorBytes(field.dataType, field.dim)) return undefined;
    const rule: ElementRule = { to: element, convert: undefined, check: finiteCheck(element) };
    return (open) => new ScalarColumn(position, field, open(column), rule);
  }

  #missing(name: string): ImportError {
    const inIndex = this.#file.pandasRangeIndexes.includes(name);
    const hint = inIndex
      ? `: it is the index of a pandas DataFrame, which is kept in the metadata only; call reset_index() before writing the file`
      : "";
    return this.#mismatch(name, `no parquet field for milvus field '${name}'${hint}`);
  }

  #typeMismatch(name: string, expected: string, column: SchemaNode): ImportError {
    return this.#mismatch(
      name,
      `schema not equal, err=field '${name}' type mis-match, expect arrow type '${expected}', get arrow data type '${foundType(column)}'`,
    );
  }

  #mismatch(field: string, reason: string): ImportError {
    return new ImportError("schema_mismatch", reason, { file: this.#path, field });
  }
}

/** Values that are the bytes of a vector. */
const rawBytes: ElementRule = { to: "uint8", convert: undefined, check: undefined };
