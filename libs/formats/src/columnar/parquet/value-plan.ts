import { leafType, listNode, type SchemaNode } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema, isDenseVector, vectorBytes } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import { elementTypeOf } from "../../numbers/element-type.ts";
import { type ElementRule, finiteCheck } from "../../numbers/elements.ts";
import { tooLong } from "../../plan/refusals.ts";
import { cellOfText, sparseOfBytes } from "../../text-cells.ts";
import type { ColumnPlan } from "./column-plan.ts";
import { ArrayColumn } from "./columns/array-column.ts";
import { AssembledColumn } from "./columns/assembled-column.ts";
import { BytesVectorColumn } from "./columns/bytes-vector-column.ts";
import { type JsonShape, jsonShape, pairsShape } from "./columns/json-shape.ts";
import { leafRule } from "./columns/leaf-rule.ts";
import { leafWriter } from "./columns/leaf-text.ts";
import { ParsedCellColumn, ParsedTextColumn } from "./columns/parsed-text-column.ts";
import { PrintedColumn } from "./columns/printed-column.ts";
import { RaggedVectorColumn } from "./columns/ragged-vector-column.ts";
import { ScalarColumn } from "./columns/scalar-column.ts";
import { SparkVectorColumn } from "./columns/spark-vector-column.ts";
import { SparseStructColumn } from "./columns/sparse-column.ts";
import { TextColumn } from "./columns/text-column.ts";
import { timestampRule } from "./columns/timestamps.ts";
import { VectorColumn } from "./columns/vector-column.ts";
import {
  arrayElementRule,
  isBytesDecimal,
  isFloatVector,
  isGeometry,
  isJsonText,
  isPlainText,
  isPrintedElement,
  isSparkVector,
  isSparseShape,
  isStoredText,
  isText,
  memberList,
  sparseLists,
  vectorElement,
  vectorElementRule,
} from "./type-rules.ts";

/** How the values of a field are read from a column; undefined where its type feeds no such field. */
export function valuePlan(
  schema: CollectionSchema,
  field: FieldSchema,
  position: number,
  column: SchemaNode,
): ColumnPlan | undefined {
  if (field.dataType === DataType.Array) return arrayPlan(schema, field, position, column);
  if (field.dataType === DataType.SparseFloatVector) return sparsePlan(schema, field, position, column);
  if (isDenseVector(field.dataType)) return vectorPlan(schema, field, position, column);
  if (column.leaf < 0 || column.repetition > 0)
    return field.dataType === DataType.JSON && !field.isDynamic
      ? assembled(schema, field, position, jsonShape(column))
      : undefined;
  const type = leafType(column);
  if (isBytesDecimal(column)) return bytesDecimalPlan(schema, field, position, column);
  if ((type.kind === "timestamp" || type.kind === "date") && field.dataType === DataType.Timestamptz) {
    const rule = timestampRule(type, schema.timezone);
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
  return isStoredText(field) ? (context) => new TextColumn(position, field, context.open(column), context) : undefined;
}

function arrayPlan(
  schema: CollectionSchema,
  field: FieldSchema,
  position: number,
  column: SchemaNode,
): ColumnPlan | undefined {
  const list = listNode(column);
  if (isJsonText(column)) return (context) => new ParsedTextColumn(position, field, context.open(column), context);
  if (!list || list.element.leaf < 0 || list.element.repetition !== 1) return undefined;
  if (isPrintedElement(field, list.element)) return assembled(schema, field, position, jsonShape(column));
  const found = arrayElementRule(field, list.element);
  return (
    found && ((context) => new ArrayColumn(position, field, context.open(list.element), list, found.rule, context))
  );
}

function sparsePlan(
  schema: CollectionSchema,
  field: FieldSchema,
  position: number,
  column: SchemaNode,
): ColumnPlan | undefined {
  if (column.leaf >= 0) {
    if (!isText(column) || column.repetition !== 0) return undefined;
    return leafType(column).kind === "bytes"
      ? (context) => new ParsedCellColumn(position, field, context.open(column), context, sparseOfBytes)
      : (context) => new ParsedTextColumn(position, field, context.open(column), context);
  }
  const lists = sparseLists(column);
  if (!lists)
    return assembled(
      schema,
      field,
      position,
      pairsShape(column) ?? (isSparseShape(column) ? jsonShape(column) : undefined),
    );
  return (context) => {
    const [indexLeaf, valueLeaf] = [context.open(lists.indices.element), context.open(lists.values.element)];
    return new SparseStructColumn(position, field, lists, indexLeaf, valueLeaf, context);
  };
}

function vectorPlan(
  schema: CollectionSchema,
  field: FieldSchema,
  position: number,
  column: SchemaNode,
): ColumnPlan | undefined {
  const list = listNode(column);
  if (list) {
    if (isBytesDecimal(list.element)) return assembled(schema, field, position, jsonShape(column));
    const found = list.element.repetition === 1 ? vectorElementRule(field.dataType, list.element) : undefined;
    if (!found) return undefined;
    const { rule, rowCheck } = found;
    return (context) => {
      const Vectors = context.rejects.goesOn ? RaggedVectorColumn : VectorColumn;
      return new Vectors(position, field, context.open(list.element), list, rule, rowCheck, context);
    };
  }
  if (isSparkVector(column) && isFloatVector(field)) return sparkPlan(schema, field, position, column);
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

function sparkPlan(
  schema: CollectionSchema,
  field: FieldSchema,
  position: number,
  column: SchemaNode,
): ColumnPlan | undefined {
  const [type, size] = column.children;
  const [indices, values] = [memberList(column, "indices", ["int32"]), memberList(column, "values", ["double"])];
  const rule = values && leafRule(leafType(values.element), vectorElement(field.dataType));
  const isPlain = [type, size].every((node) => node.repetition === 0 && leafType(node).kind === "int32");
  if (!indices || !values || !rule?.convert || !isPlain) return assembled(schema, field, position, jsonShape(column));
  const parts = { struct: column, type, size, indices, values };
  return (context) => new SparkVectorColumn(position, field, parts, rule, context);
}

/** By way of the JSON that a row of JSON would have. */
function assembled(
  schema: CollectionSchema,
  field: FieldSchema,
  position: number,
  shape: JsonShape | undefined,
): ColumnPlan | undefined {
  if (!shape) return undefined;
  const parse = field.dataType === DataType.JSON ? storedJson : cellOfText(schema, field);
  return (context) => new AssembledColumn(position, field, shape, parse, context);
}

/** Numbers, or text, by way of the decimal's own. */
function bytesDecimalPlan(
  schema: CollectionSchema,
  field: FieldSchema,
  position: number,
  column: SchemaNode,
): ColumnPlan | undefined {
  const shape = jsonShape(column);
  if (elementTypeOf(field.dataType)) return assembled(schema, field, position, shape);
  if (!isPlainText(field) || !shape) return undefined;
  return (context) => new AssembledColumn(position, field, shape, (text) => fittingText(field, text), context);
}

function fittingText(field: FieldSchema, text: Uint8Array): Uint8Array {
  if (field.maxLength === 0 || text.length <= field.maxLength) return text;
  throw new RangeError(tooLong(field, text));
}

/** Of what repeats a key the last one stays. */
function storedJson(text: Uint8Array): Uint8Array {
  return text.subarray(0, dropRepeatedKeys(text));
}
