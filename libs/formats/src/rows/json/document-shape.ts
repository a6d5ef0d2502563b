import { DataType, type FieldSchema, isDenseVector } from "@sluice/schema";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { parsePath } from "../../plan/source-path.ts";
import { type HeadMember, membersAt, told } from "./head-scanner.ts";
import { type ColumnsShape, type DocumentShape, listDocument } from "./json-shape.ts";
import type { Scanner } from "./scanner.ts";

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST, QUOTE] = [0x7b, 0x7d, 0x5b, 0x5d, 0x22];

/** A list of rows, which are objects, or lists of values in the order of the fields (pandas' `values`), if these are known. */
export function shapeOfList(scanner: Scanner, p: number, plan: FieldPlan | undefined): DocumentShape {
  const first = told(() => scanner.bytes[scanner.blanks(p + 1)]);
  if (first === OPEN_LIST) return { ...listDocument, names: plan?.givenNames ?? [] };
  return { ...listDocument, isAllRows: first === OPEN_OBJECT };
}

/**
 * The shape of a text that is one object and no row. Undefined where nothing is known of it.
 * @param p of the object @param plan absent where a file is looked at without a collection @param mapping in place of the plan's
 */
export function shapeOfDocument(
  scanner: Scanner,
  p: number,
  plan: FieldPlan | undefined,
  mapping: ReadonlyMap<string, string> = new Map(),
): DocumentShape | ColumnsShape | undefined {
  const members = membersAt(scanner, p);
  return (
    pandasShape(scanner, members) ??
    clickHouseShape(scanner, members) ??
    mappedShape(scanner, p, plan?.options.mapping ?? mapping, plan) ??
    columnsShape(scanner, members, plan, []) ??
    tableShape(scanner, members, plan) ??
    labelledRows(scanner, members, plan)
  );
}

/** `split`: names and lists of values; `table`: a schema and objects. Source: pandas, `DataFrame.to_json`. */
function pandasShape(scanner: Scanner, members: readonly HeadMember[]): DocumentShape | undefined {
  const [first, second] = members;
  if (!second) return undefined;
  const isList = ({ value }: HeadMember) => scanner.bytes[value] === OPEN_LIST;
  if (first.name === "columns" && isList(first) && /^(index|data)$/.test(second.name) && isList(second)) {
    const names = JSON.parse(scanner.text(first.value, scanner.skipValue(first.value))) as unknown[];
    if (names.every((name) => typeof name === "string"))
      return { kind: "document", path: ["data"], holder: "list", names };
  }
  const isSchema = first.name === "schema" && hasMember(scanner, first.value, "fields");
  if (!isSchema || second.name !== "data") return undefined;
  return { kind: "document", path: ["data"], holder: "list", labels: primaryKeyOf(scanner, first.value) };
}

/**
 * Names with their types, then rows as objects or as lists of values, or columns; counts stand behind. Source: ClickHouse, the
 * formats `JSON`, `JSONCompact` and `JSONColumnsWithMetadata`.
 */
function clickHouseShape(
  scanner: Scanner,
  [meta, data]: readonly HeadMember[],
): DocumentShape | ColumnsShape | undefined {
  if (meta?.name !== "meta" || data?.name !== "data" || scanner.bytes[meta.value] !== OPEN_LIST) return undefined;
  const described = JSON.parse(scanner.text(meta.value, scanner.skipValue(meta.value))) as readonly unknown[];
  const names = described.map((column) => Object(column).name as unknown);
  if (!names.every((name) => typeof name === "string")) return undefined;
  if (scanner.bytes[data.value] === OPEN_OBJECT) return { kind: "columns", path: ["data"] };
  if (scanner.bytes[data.value] !== OPEN_LIST) return undefined;
  const areLists = told(() => innerByte(scanner, data.value)) === OPEN_LIST;
  return { kind: "document", path: ["data"], holder: "list", ...(areLists && { names }) };
}

/** The columns of a table schema that are pandas' index. */
function primaryKeyOf(scanner: Scanner, p: number): string[] {
  const { primaryKey } = JSON.parse(scanner.text(p, scanner.skipValue(p))) as { primaryKey?: unknown };
  return Array.isArray(primaryKey) ? primaryKey.filter((name) => typeof name === "string") : [];
}

/** `{"table": {"rows": […]}}` and `{"table": {"columns": {…}}}`, of the first drafts of Milvus's import. */
function tableShape(
  scanner: Scanner,
  [first]: readonly HeadMember[],
  plan: FieldPlan | undefined,
): DocumentShape | ColumnsShape | undefined {
  if (first?.name !== "table" || scanner.bytes[first.value] !== OPEN_OBJECT) return undefined;
  const [inner] = membersAt(scanner, first.value);
  if (inner?.name === "rows" && scanner.bytes[inner.value] === OPEN_LIST)
    return { kind: "document", path: ["table", "rows"], holder: "list" };
  if (inner?.name !== "columns" || scanner.bytes[inner.value] !== OPEN_OBJECT) return undefined;
  return columnsShape(scanner, membersAt(scanner, inner.value), plan, ["table", "columns"]);
}

/** Where the paths of a mapping lead: a list of objects on the way holds the rows, one at the end is a column. */
function mappedShape(
  scanner: Scanner,
  p: number,
  mapping: ReadonlyMap<string, string>,
  plan: FieldPlan | undefined,
): DocumentShape | ColumnsShape | undefined {
  for (const [source, name] of mapping) {
    const field = plan?.schema.fields.find((candidate) => candidate.name === name);
    const found = follow(scanner, p, parsePath(source));
    if (!found) continue;
    if (found.rest.length > 0) return { kind: "document", path: found.path, holder: "list", isFound: true };
    if (field && isColumn(scanner, found.value, field)) return { kind: "columns", path: [] };
  }
  return undefined;
}

interface Followed {
  /** Keys that led there. */
  readonly path: readonly string[];
  /** Those that are left: they lead on from an element of the list that stands there. */
  readonly rest: readonly string[];
  readonly value: number;
}

function follow(scanner: Scanner, p: number, path: readonly string[]): Followed | undefined {
  let value = p;
  for (let i = 0; i < path.length; i++) {
    if (scanner.bytes[value] === OPEN_LIST)
      return /^\d+$/.test(path[i]) ? undefined : { path: path.slice(0, i), rest: path.slice(i), value };
    if (scanner.bytes[value] !== OPEN_OBJECT) return undefined;
    const member = membersAt(scanner, value).find(({ name }) => name === path[i]);
    if (!member) return undefined;
    value = member.value;
  }
  return { path, rest: [], value };
}

/** The first member that can only be a column, or only a value of a row, decides. */
function columnsShape(
  scanner: Scanner,
  members: readonly HeadMember[],
  plan: FieldPlan | undefined,
  path: readonly string[],
): ColumnsShape | undefined {
  if (!plan) return isTable(scanner, members) ? { kind: "columns", path } : undefined;
  // A file of one field is named after it.
  if (members.length === 1 && members[0].name === "values" && scanner.bytes[members[0].value] === OPEN_LIST)
    return plan.target("values").kind === "extra" ? { kind: "columns", path } : undefined;
  let isUndecided = false;
  for (const { name, value } of members) {
    const target = plan.target(name);
    const field = target.kind === "field" ? plan.schema.fields[target.index] : undefined;
    const answer = field && isColumn(scanner, value, field);
    if (answer !== undefined) return answer ? { kind: "columns", path } : undefined;
    isUndecided ||= field !== undefined && isSingle(field);
  }
  // Only empty lists and objects, where a row had values: a table without rows.
  return isUndecided ? { kind: "columns", path } : undefined;
}

/** Whether its values in rows are neither lists nor objects. */
function isSingle({ dataType }: FieldSchema): boolean {
  const isList = isDenseVector(dataType) || dataType === DataType.Array || dataType === DataType.ArrayOfVector;
  return !isList && dataType !== DataType.JSON && dataType !== DataType.SparseFloatVector;
}

/** Without a collection: some list is the value of every member, or an object with numbers for keys. */
function isTable(scanner: Scanner, members: readonly HeadMember[]): boolean {
  const isOne = ({ value }: HeadMember) =>
    scanner.bytes[value] === OPEN_LIST || /^\d+$/.test(membersAt(scanner, value)[0]?.name ?? "");
  return members.length > 0 && members.every(isOne);
}

/** Whether what stands at `p` is a column of the field rather than one value; undefined where it may be either. */
function isColumn(scanner: Scanner, p: number, field: FieldSchema): boolean | undefined {
  const { dataType } = field;
  const byte = scanner.bytes[p];
  if (byte !== OPEN_LIST && byte !== OPEN_OBJECT) return false;
  if (dataType === DataType.JSON) return byte === OPEN_LIST || undefined;
  const inner = told(() => innerByte(scanner, p));
  if (typeof inner !== "number") return undefined;
  if (dataType === DataType.SparseFloatVector) return byte === OPEN_LIST || inner === OPEN_OBJECT || undefined;
  // What is empty may be either.
  if (inner === CLOSE_LIST || inner === CLOSE_OBJECT) return undefined;
  return isSingle(field) || byte === OPEN_OBJECT || inner === OPEN_LIST;
}

/** The first byte of the first value in the list or object at `p`; of an empty one its closing bracket. */
function innerByte(scanner: Scanner, p: number): number {
  const at = scanner.blanks(p + 1);
  if (scanner.bytes[p] === OPEN_LIST || scanner.bytes[at] !== QUOTE) return scanner.bytes[at];
  return scanner.bytes[scanner.colon(scanner.keyEnd(at))];
}

/** pandas' `index`, and `JSONObjectEachRow` of ClickHouse: an object of rows by their labels. */
function labelledRows(
  scanner: Scanner,
  [first]: readonly HeadMember[],
  plan: FieldPlan | undefined,
): DocumentShape | undefined {
  if (!first || scanner.bytes[first.value] !== OPEN_OBJECT) return undefined;
  const names = membersAt(scanner, first.value).map(({ name }) => name);
  const isRow = plan
    ? plan.target(first.name).kind === "extra" && names.some((name) => plan.target(name).kind !== "extra")
    : /^(row_)?\d+$/.test(first.name);
  return isRow ? { kind: "document", path: [], holder: "object" } : undefined;
}

function hasMember(scanner: Scanner, p: number, name: string): boolean {
  return scanner.bytes[p] === OPEN_OBJECT && membersAt(scanner, p).some((member) => member.name === name);
}
