import { Damage } from "../damage.ts";
import type { SchemaElement } from "./schema-element.ts";

/** One node of the file's schema, with what its levels mean. Source: parquet-format, Nested Encoding (Dremel). */
export interface SchemaNode {
  readonly name: string;
  readonly element: SchemaElement;
  readonly children: readonly SchemaNode[];
  /** Definition level from which on this node is there and not null. */
  readonly definition: number;
  /** Repeated nodes on the path, this one included. */
  readonly repetition: number;
  /** Position among the column chunks of a row group; -1 for groups. */
  readonly leaf: number;
  readonly path: readonly string[];
  /** Of a repeated group: it is the middle of a list, whatever it is called. */
  readonly isListMiddle?: boolean;
}

/** A list: `definition` of the group from which on it is not null, its repeated node, and what it holds. */
export interface ListNode {
  readonly group: SchemaNode;
  readonly repeated: SchemaNode;
  readonly element: SchemaNode;
}

const MAX_DEPTH = 64;

/**
 * The tree that the footer lists in depth-first order.
 * @param createdBy the program that wrote the file @throws {Damage}
 */
export function buildSchemaTree(elements: readonly SchemaElement[], createdBy = ""): SchemaNode {
  const isByDuckDb = createdBy.startsWith("DuckDB");
  let next = 0;
  let leaves = 0;
  const build = (parent: Pick<SchemaNode, "definition" | "repetition" | "path">, depth: number): SchemaNode => {
    const element = elements[next++];
    if (!element) throw endsEarly(elements.length);
    if (depth > MAX_DEPTH) throw new Damage(`the schema nests more than ${MAX_DEPTH} levels deep`);
    const isRoot = depth === 0;
    checkElement(element, isRoot);
    const definition = parent.definition + (isRoot || element.repetition === "REQUIRED" ? 0 : 1);
    const repetition = parent.repetition + (!isRoot && element.repetition === "REPEATED" ? 1 : 0);
    const path = isRoot ? [] : [...parent.path, element.name ?? ""];
    const isLeaf = element.type !== undefined;
    const leaf = isLeaf ? leaves++ : -1;
    const children = Array.from({ length: isLeaf ? 0 : childCount(element, elements.length - next) }, () =>
      build({ definition, repetition, path }, depth + 1),
    );
    const isListMiddle = isByDuckDb && isDuckDbArray(element, children);
    return { name: element.name ?? "", element, children, definition, repetition, leaf, path, isListMiddle };
  };
  const root = build({ definition: 0, repetition: 0, path: [] }, 0);
  if (next !== elements.length) throw new Damage("the schema of the footer has elements that belong to nothing");
  return root;
}

/**
 * DuckDB up to 1.2 calls the middle of the list that is its `FLOAT[n]` `array`, which by the rules is the name of an element.
 */
function isDuckDbArray({ name, repetition }: SchemaElement, children: readonly SchemaNode[]): boolean {
  return name === "array" && repetition === "REPEATED" && children.length === 1 && children[0].name === "element";
}

function endsEarly(count: number): Damage {
  return new Damage(count ? `the schema ends after ${count} elements, and announces more` : "it has no schema");
}

function checkElement(element: SchemaElement, isRoot: boolean): void {
  if (isRoot && element.type === undefined) return;
  const isFixed = element.type === "FIXED_LEN_BYTE_ARRAY";
  const length = element.typeLength;
  if (isRoot) throw new Damage("the root of the schema is no group");
  if (element.name === undefined) throw new Damage("a schema element has no name");
  if (element.repetition === undefined) throw new Damage(`schema element '${element.name}' has no repetition`);
  if (isFixed && length <= 0) throw new Damage(`'${element.name}' has values of ${length} bytes`);
}

function childCount(element: SchemaElement, left: number): number {
  const count = element.childCount;
  if (count < 0 || count > left) throw new Damage(`a schema element announces ${count} children`);
  return count;
}

/**
 * The list that a node is, in any of the forms that writers use: three levels, two levels, a bare repeated field.
 * Source: parquet-format, LogicalTypes.md, "Backward-compatibility rules".
 */
export function listNode(node: SchemaNode): ListNode | undefined {
  if (node.element.repetition === "REPEATED") return { group: node, repeated: node, element: node };
  const [repeated] = node.children;
  if (node.children.length !== 1 || repeated.element.repetition !== "REPEATED" || isMap(node)) return undefined;
  const isElement =
    !repeated.isListMiddle &&
    (repeated.children.length !== 1 || repeated.name === "array" || repeated.name === `${node.name}_tuple`);
  return { group: node, repeated, element: isElement ? repeated : repeated.children[0] };
}

/** The entries of a map; `list` has them as elements, whatever their group is called. */
export interface MapNode {
  readonly list: ListNode;
  readonly key: SchemaNode;
  readonly value: SchemaNode;
}

/** The map that a node is. Source: parquet-format, LogicalTypes.md, "Maps". */
export function mapNode(node: SchemaNode): MapNode | undefined {
  const [repeated] = node.children;
  if (!isMap(node) || node.element.repetition === "REPEATED" || node.children.length !== 1) return undefined;
  if (repeated.element.repetition !== "REPEATED" || repeated.children.length !== 2) return undefined;
  const [key, value] = repeated.children;
  return { list: { group: node, repeated, element: repeated }, key, value };
}

function isMap({ element }: SchemaNode): boolean {
  return element.logical?.type === "MAP" || element.converted === "MAP" || element.converted === "MAP_KEY_VALUE";
}

/** Definition level of a list that is there but empty; lower ones are null. */
export function emptyDefinition(list: ListNode): number {
  return list.repeated.definition - 1;
}

/** Every leaf below a node, in order. */
export function leavesOf(node: SchemaNode): SchemaNode[] {
  return node.leaf >= 0 ? [node] : node.children.flatMap(leavesOf);
}
