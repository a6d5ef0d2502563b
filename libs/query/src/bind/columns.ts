import { excerpt } from "@sluice/errors";
import { type CollectionSchema, DataType, dataTypeName, type FieldSchema, fieldIndex, isVector } from "@sluice/schema";
import { jsonPath } from "@sluice/values";
import type { ColumnNode } from "../parse/ast.ts";
import { type BindContext, type ColumnRef, fail, sourceOf } from "./context.ts";

/**
 * Resolves a name: an exact field first, then a key of `$meta` when the collection has dynamic fields.
 * @throws {FilterError}
 */
export function resolveColumn(node: ColumnNode, context: BindContext): ColumnRef {
  const { schema } = context;
  const index = fieldIndex(schema, node.name);
  if (index >= 0) return columnOfField(node, index, context);
  const elementMembers = schema.fields.filter(({ name, dataType }) => name.startsWith("$[") && !isVector(dataType));
  const isNullWord = /^(null|NULL)$/.test(node.name) && node.steps.length === 0;
  if (elementMembers.length > 0 && !isNullWord) fail(whyNoElement(node.name, elementMembers), node);
  if (node.name.includes("[")) fail(whyNoMember(node.name), node);
  const struct = schema.structs.find(({ name }) => name === node.name);
  if (struct) fail(`a struct array is asked for by its members, such as ${struct.name}[${struct.members[0]}]`, node);
  if (isNullWord) {
    const advice = "use '<field> is null' or '<field> is not null' instead";
    fail(`NULL literal is not supported in expressions; ${advice}`, node);
  }
  const dynamic = dynamicFieldIndex(schema);
  if (dynamic < 0) fail(`field ${excerpt(node.name)} not exist`, node);
  const path = jsonPath([{ text: node.name }, ...node.steps]);
  return { node, index: dynamic, schema: schema.fields[dynamic], kind: "json", type: DataType.JSON, path, element: 0 };
}

/** Names of members have brackets, which no other field has. */
function whyNoMember(name: string): string {
  return name.startsWith("$")
    ? `${excerpt(name)} is an element of a struct array, which is known within match_any and the like alone, as a member of that array`
    : `field ${excerpt(name)} not exist`;
}

/** Within `match_any`, `element_filter` and the like: what an element has, and how it is asked for. */
function whyNoElement(name: string, members: readonly FieldSchema[]): string {
  const bare = name.slice(name.indexOf("[") + 1).replace(/\]$/, "");
  const meant = members.find((member) => member.name === `$[${bare}]`);
  const there = members.map((member) => member.name).join(", ");
  return `field ${excerpt(name)} not exist: ${meant ? `say ${meant.name}; ` : ""}an element is asked for ${there}`;
}

/** Position of `$meta`, or -1. */
export function dynamicFieldIndex(schema: CollectionSchema): number {
  return schema.enableDynamicField ? schema.fields.findIndex((field) => field.isDynamic) : -1;
}

function columnOfField(node: ColumnNode, index: number, context: BindContext): ColumnRef {
  const schema = context.schema.fields[index];
  const base = { node, index, schema, type: schema.dataType, path: [], element: 0 };
  if (schema.dataType === DataType.JSON) return { ...base, kind: "json", path: jsonPath(node.steps) };
  if (schema.dataType === DataType.Array) return arrayColumn(base, context);
  if (node.steps.length > 0) fail(`${dataTypeName(schema.dataType)} data type not supported accessed with []`, node);
  const scalar = !isVector(schema.dataType) && schema.dataType !== DataType.Geometry;
  return { ...base, kind: scalar ? "scalar" : "other" };
}

function arrayColumn(base: Omit<ColumnRef, "kind">, context: BindContext): ColumnRef {
  const { node } = base;
  const [step, ...rest] = node.steps;
  if (!step) return { ...base, kind: "array" };
  if (step.quoted) fail("can only access array field with integer index", node);
  if (rest.length > 0) fail(`invalid identifier: ${sourceOf(node, context)}`, node);
  return { ...base, kind: "element", type: base.schema.elementType, element: Number(step.text) };
}

/** Int8 to Int64; Bool and Timestamptz are none. */
export function isInteger(type: DataType): boolean {
  return type >= DataType.Int8 && type <= DataType.Int64;
}

/** Float and Double. */
export function isFloat(type: DataType): boolean {
  return type === DataType.Float || type === DataType.Double;
}

/** Types whose values are compared as strings. Text is not among them: it answers to text functions only. */
export function isString(type: DataType): boolean {
  return type === DataType.VarChar || type === DataType.String;
}

/** @throws {FilterError} for Text fields, which nothing but text functions and null tests may use */
export function refuseText(column: ColumnRef): void {
  if (column.type === DataType.Text)
    fail(`filter on text field (${column.schema.name}) is not supported yet`, column.node);
}
