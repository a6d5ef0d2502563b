import { excerpt } from "@sluice/errors";
import { type Token, tokensOf } from "@sluice/functions";
import { DataType, dataTypeName } from "@sluice/schema";
import { canonicalGeometry, placeOfPoint, wktToWkb } from "@sluice/values";
import { analyzerOf } from "../analyzer.ts";
import { type Constant, constantText, constantType, isList } from "../constant.ts";
import type { CallNode, Node } from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import { castTo } from "./cast.ts";
import { isString } from "./columns.ts";
import { type BindContext, type ColumnRef, fail, type Operand, type OperandOf, placed, sourceOf } from "./context.ts";
import { type BindIn, bindMatch, matchOf, memberFor } from "./elements.ts";
import { refuseManyLists } from "./membership.ts";

type Mode = "contains" | "contains_all" | "contains_any";

const contains = /^(?:json|array)_(contains|contains_all|contains_any)$/;
/** Functions that Milvus has and this product does not, and what to do instead. */
const unsupported: readonly (readonly [names: RegExp, instead: string])[] = [
  [
    /^st_(touches|overlaps|crosses|contains|intersects|within|isvalid)$/,
    "of geometries st_equals and st_dwithin are: compare coordinates that are fields of numbers, or look at the geometries in the client",
  ],
  [/^text_match_fuzzy$/, "use text_match, or like with parts of words"],
  [/^random_sample$/, "take keys by their remainder, as in id % 100 == 7"],
  [/^element_filter$/, "rows that have such an element are found by match_any; look at the elements in the client"],
];

/** Each is compared with each word of a text. */
const MAX_SLOP_WORDS = 256;

/** A function call. Names are taken in any case. @throws {FilterError} */
export function bindCall(node: CallNode, context: BindContext, bind: BindIn): Operand {
  const name = node.name.toLowerCase();
  const mode = contains.exec(name)?.[1] as Mode | undefined;
  if (mode) return predicate(node, bindContains(node, mode, context, bind));
  const match = matchOf(name);
  if (match) return predicate(node, bindMatch(node, match, context, bind));
  switch (name) {
    case "array_length":
      return bindLength(node, context, bind);
    case "text_match":
      return predicate(node, bindTextMatch(node, bind));
    case "phrase_match":
      return predicate(node, bindPhrase(node, bind));
    case "st_equals":
      return predicate(node, bindSameGeometry(node, context, bind));
    case "st_dwithin":
      return predicate(node, bindNearPlace(node, context, bind));
    default:
      return fail(whyNone(name) ?? `function ${excerpt(node.name)} not found`, node);
  }
}

function whyNone(name: string): string | undefined {
  const known = unsupported.find(([names]) => names.test(name));
  return known && `function ${name} is not supported (${known[1]})`;
}

function predicate(node: CallNode, value: Predicate): Operand {
  return { kind: "predicate", predicate: value, node };
}

/** The positional arguments, of which there are `least` to `most`; only `named` may be given by name. */
function argumentsOf(node: CallNode, bind: BindIn, least: number, most = least, named = ""): Operand[] {
  const count = node.args.length;
  const expected = least === most ? `${least}` : `${least} to ${most}`;
  if (count < least || count > most)
    fail(`function ${node.name} expects ${expected} arguments, but got ${count}`, node);
  for (const [name, value] of node.named) {
    if (name !== named) fail(`function ${node.name} has no argument named ${excerpt(name)}`, value);
  }
  return node.args.map((argument) => bind(argument));
}

function bindContains(node: CallNode, mode: Mode, context: BindContext, bind: BindIn): Predicate {
  const [target, wanted] = argumentsOf(node, bind, 2);
  const column = listColumn(node, target, mode, context);
  if (wanted.kind !== "constant") {
    return fail(
      `${mode} operation are only supported explicitly value, but got: ${sourceOf(wanted.node, context)}`,
      wanted.node,
    );
  }
  const values = mode === "contains" ? [wanted.value] : wantedList(mode, wanted);
  refuseManyLists(values, wanted.node);
  const cast = column.kind === "json" ? values : castElements(column, mode, values, wanted.node);
  const test = { kind: "contains", mode: mode === "contains_all" ? "all" : "any", values: cast } as const;
  if (column.kind === "json") return { kind: "jsonList", field: column, path: column.path, test };
  return { kind: "array", field: column, test };
}

function listColumn(node: CallNode, target: Operand, operation: string, context: BindContext): ColumnRef {
  if (target.kind === "column" && (target.column.kind === "json" || target.column.kind === "array"))
    return target.column;
  const text = sourceOf(target.node, context);
  return fail(`${operation} operation are only supported on json or array fields now, got: ${text}`, node);
}

function wantedList(mode: Mode, wanted: OperandOf<"constant">): readonly Constant[] {
  if (isList(wanted.value)) return wanted.value;
  return fail(`${operationName(mode)} operation element must be an array`, wanted.node);
}

function castElements(column: ColumnRef, mode: Mode, values: readonly Constant[], node: Node): Constant[] {
  const { elementType } = column.schema;
  const name = dataTypeName(elementType);
  return values.map((value) => {
    const cast = castTo(elementType, value);
    if (cast !== undefined) return cast;
    if (mode === "contains") return fail(`cannot cast value to ${name}, value: ${constantText(value)}`, node);
    const types = `${name} and ${constantType(value)}`;
    return fail(`${operationName(mode)} operation can't compare between array element type: ${types}`, node);
  });
}

function operationName(mode: Mode): string {
  return mode === "contains_all" ? "ContainsAll" : "ContainsAny";
}

function bindLength(node: CallNode, context: BindContext, bind: BindIn): Operand {
  const [list] = node.args;
  const member = list?.kind === "column" ? memberFor(list, context) : undefined;
  const [target] = argumentsOf(member ? { ...node, args: [member] } : node, bind, 1);
  return { kind: "length", column: listColumn(node, target, "array_length", context), node };
}

function bindTextMatch(node: CallNode, bind: BindIn): Predicate {
  const [target, query] = argumentsOf(node, bind, 2, 2, "minimum_should_match");
  const field = textColumn(target);
  const minimum = node.named.get("minimum_should_match");
  const atLeast = minimum ? boundedInteger(node, bind(minimum), "minimum_should_match", 1n, 1000n) : 1;
  const tokens = queryTokens(field, query);
  return { kind: "textMatch", field, tokens: [...new Set(tokens.map(({ text }) => text))], atLeast };
}

function bindPhrase(node: CallNode, bind: BindIn): Predicate {
  const [target, query, slop] = argumentsOf(node, bind, 2, 3, "slop");
  const field = textColumn(target);
  const named = node.named.get("slop");
  const given = slop ?? (named && bind(named));
  const distance = given ? boundedInteger(node, given, "slop", 0n, 2n ** 32n - 1n) : 0;
  const tokens = queryTokens(field, query);
  if (distance > 0 && tokens.length > MAX_SLOP_WORDS)
    fail(
      `phrase_match with a slop takes up to ${MAX_SLOP_WORDS} words, but got ${tokens.length} (look for a part of them)`,
      query.node,
    );
  if ("words" in analyzerOf(field.schema))
    fail(
      `phrase_match is not supported with words that overlap, as jieba finds them in field "${field.schema.name}" (use text_match)`,
      target.node,
    );
  return { kind: "phrase", field, tokens, slop: distance };
}

function boundedInteger(node: CallNode, operand: Operand, what: string, least: bigint, most: bigint): number {
  const value = operand.kind === "constant" ? operand.value : undefined;
  if (typeof value === "bigint" && value >= least && value <= most) return Number(value);
  return fail(`${what} of ${node.name} must be an integer in range [${least}, ${most}]`, operand.node);
}

function textColumn(target: Operand): ColumnRef {
  const column = target.kind === "column" ? target.column : undefined;
  const textual = column?.kind === "scalar" && (isString(column.type) || column.type === DataType.Text);
  if (!column || !textual) return fail("text match operation on non-string is unsupported", target.node);
  if (column.schema.typeParams.enable_match?.toLowerCase() !== "true") {
    fail(`field "${column.schema.name}" does not enable match`, target.node);
  }
  return column;
}

function queryTokens(column: ColumnRef, query: Operand): Token[] {
  if (query.kind === "constant" && typeof query.value === "string") {
    const { value } = query;
    return placed(query.node, () => tokensOf(analyzerOf(column.schema), value));
  }
  return fail("the query of a text match must be a string", query.node);
}

function bindSameGeometry(node: CallNode, context: BindContext, bind: BindIn): Predicate {
  const [target, shape] = argumentsOf(node, bind, 2);
  const field = geometryColumn(target, context);
  return { kind: "sameGeometry", field, wkb: canonicalGeometry(geometryOf(node, shape)) };
}

function bindNearPlace(node: CallNode, context: BindContext, bind: BindIn): Predicate {
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
