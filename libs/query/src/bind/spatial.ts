import { excerpt } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import { placeOfPoint, wktToWkb } from "@sluice/values";
import type { Constant } from "../constant.ts";
import type { CallNode, Node } from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import type { SpatialRelation } from "../spatial/relations.ts";
import { argumentsOf } from "./arguments.ts";
import { type BindContext, type ColumnRef, fail, type Operand, sourceOf } from "./context.ts";
import type { BindIn } from "./elements.ts";

const relations = /^st_(equals|contains|within|intersects|touches|overlaps|crosses)$/;

/** What a function asks of two geometries, by its name in lower case; undefined of another one. */
export function relationOf(name: string): SpatialRelation | undefined {
  return relations.exec(name)?.[1] as SpatialRelation | undefined;
}

/** `st_within(FIELD, "WKT")` and the like: what a row's geometry is to a given one. @throws {FilterError} */
export function bindRelation(node: CallNode, relation: SpatialRelation, context: BindContext, bind: BindIn): Predicate {
  const [target, shape] = argumentsOf(node, bind, 2);
  const field = geometryColumn(target, context);
  return { kind: "spatial", field, relation, wkb: geometryOf(node, shape) };
}

/** `st_isvalid(FIELD)`. @throws {FilterError} */
export function bindValid(node: CallNode, context: BindContext, bind: BindIn): Predicate {
  const [target] = argumentsOf(node, bind, 1);
  return { kind: "validGeometry", field: geometryColumn(target, context) };
}

/** `st_dwithin(FIELD, "POINT (x y)", metres)`. @throws {FilterError} */
export function bindNearPlace(node: CallNode, context: BindContext, bind: BindIn): Predicate {
  const [target, shape, distance] = argumentsOf(node, bind, 3);
  const field = geometryColumn(target, context);
  const place = placeOfPoint(geometryOf(node, shape));
  if (!place)
    return fail(
      `${node.name} measures from a POINT with coordinates, but got: ${sourceOf(shape.node, context)}`,
      shape.node,
    );
  const metres = distance.kind === "constant" && isNumber(distance.value) ? Number(distance.value) : -1;
  if (metres < 0) fail(`the distance of ${node.name} must be a number of metres that is not negative`, distance.node);
  return { kind: "nearPlace", field, place, metres };
}

function isNumber(value: Constant): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function geometryColumn(target: Operand, context: BindContext): ColumnRef {
  if (target.kind === "column" && target.column.schema.dataType === DataType.Geometry) return target.column;
  const text = sourceOf(target.node, context);
  return fail(`spatial operation are only supported on geometry fields now, got: ${text}`, target.node);
}

function geometryOf(node: CallNode, shape: Operand): Uint8Array {
  if (shape.kind === "constant" && typeof shape.value === "string") return parseWkt(shape.value, shape.node);
  return fail(`the geometry of ${node.name} must be WKT text`, shape.node);
}

function parseWkt(text: string, node: Node): Uint8Array {
  try {
    return wktToWkb(text);
  } catch (error) {
    if (error instanceof RangeError) fail(`invalid geometry '${excerpt(text)}': ${error.message}`, node);
    throw error;
  }
}
