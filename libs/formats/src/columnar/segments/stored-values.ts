import { leafType, listNode, type SchemaNode } from "@sluice/parquet";
import { DataType, dataTypeName, type FieldSchema, isDenseVector, vectorBytes } from "@sluice/schema";
import { storedCell } from "@sluice/values";
import { elementTypeOf } from "../../numbers/element-type.ts";
import { finiteCheck } from "../../numbers/elements.ts";
import type { ColumnPlan } from "../parquet/column-plan.ts";
import { BytesVectorColumn } from "../parquet/columns/bytes-vector-column.ts";
import { leafRule } from "../parquet/columns/leaf-rule.ts";
import { ParsedCellColumn, ParsedTextColumn } from "../parquet/columns/parsed-text-column.ts";
import { ScalarColumn } from "../parquet/columns/scalar-column.ts";
import { TextColumn } from "../parquet/columns/text-column.ts";
import { foundType, vectorElement } from "../parquet/type-rules.ts";
import { VectorListColumn } from "./vector-list-column.ts";

/**
 * How the values of a field are read from a log of it. They are in the form of a segment's column already: what is left is to
 * check them. Source: binlog format, §4.2.
 * @throws {RangeError} where the column is of another type or dimension, saying which
 */
export function storedValues(of: FieldSchema, position: number, column: SchemaNode): ColumnPlan {
  // A null that a Milvus has stored is one, whatever an insert would make of it.
  const field = of.nullable ? { ...of, defaultValue: undefined } : of;
  if (column.leaf < 0) return storedVectorLists(field, position, column);
  const type = leafType(column);
  if (isDenseVector(field.dataType)) return storedVectors(field, position, column);
  const element = field.dataType === DataType.Timestamptz ? "int64" : elementTypeOf(field.dataType);
  const rule = element && leafRule(type, element);
  if (rule) return (context) => new ScalarColumn(position, field, context.open(column), rule, context);
  if (element || (type.kind !== "text" && type.kind !== "bytes")) throw otherType(field, column);
  const parse = storedCell(field);
  if (parse) return (context) => new ParsedCellColumn(position, field, context.open(column), context, parse);
  if (field.dataType === DataType.Geometry)
    return (context) => new ParsedTextColumn(position, field, context.open(column), context);
  return (context) => new TextColumn(position, field, context.open(column), context);
}

function storedVectors(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan {
  const { kind, width } = leafType(column);
  const element = vectorElement(field.dataType);
  if (kind === "bytes")
    return (context) => new BytesVectorColumn(position, field, context.open(column), element, context);
  if (kind !== "fixed") throw otherType(field, column);
  if (width !== vectorBytes(field.dataType, field.dim)) throw otherDimension(field, width);
  const rule = { to: element, convert: undefined, check: finiteCheck(element) };
  return (context) => new ScalarColumn(position, field, context.open(column), rule, context);
}

/** The vectors of a struct array, one value each. */
function storedVectorLists(field: FieldSchema, position: number, column: SchemaNode): ColumnPlan {
  const list = listNode(column);
  if (field.dataType !== DataType.ArrayOfVector || !list || list.element.leaf < 0) throw otherType(field, column);
  const { kind, width } = leafType(list.element);
  if (kind !== "fixed") throw otherType(field, column);
  if (width !== vectorBytes(field.elementType, field.dim)) throw otherDimension(field, width);
  return (context) => new VectorListColumn(position, field, context.open(list.element), list, context);
}

function otherType({ fieldId, dataType }: FieldSchema, column: SchemaNode): RangeError {
  const found = foundType(column);
  return new RangeError(`binlog is ${found} type, unequal to field ${fieldId}, which is ${dataTypeName(dataType)}`);
}

function otherDimension({ fieldId, dataType, elementType, dim }: FieldSchema, width: number): RangeError {
  const found = (width * 8) / vectorBytes(dataType === DataType.ArrayOfVector ? elementType : dataType, 8);
  return new RangeError(`binlog of field ${fieldId}: dimension ${found} is not equal to schema dimension ${dim}`);
}
