import { convertedTypes, physicalTypes, repetitions } from "../format.ts";
import type { CompactWriter } from "../thrift/compact-writer.ts";
import { type ColumnType, writeLogicalType } from "./footer-writer.ts";

/** A column of a table: one value a row, a list of values, or a list of structs. All may be null. */
export type TableNode =
  | { readonly kind: "leaf"; readonly name: string; readonly type: ColumnType }
  | { readonly kind: "list"; readonly name: string; readonly element: ColumnType }
  | { readonly kind: "structs"; readonly name: string; readonly members: readonly TableNode[] };

/** What holds values: the end of a path. */
export interface TableLeaf {
  readonly path: readonly string[];
  readonly type: ColumnType;
}

/** The leaves of nodes, in the order of their chunks. */
export function tableLeaves(nodes: readonly TableNode[], above: readonly string[] = []): TableLeaf[] {
  return nodes.flatMap((node): TableLeaf[] => {
    const path = [...above, node.name];
    if (node.kind === "leaf") return [{ path, type: node.type }];
    if (node.kind === "list") return [{ path: [...path, "list", "element"], type: node.element }];
    return tableLeaves(node.members, [...path, "list", "element"]);
  });
}

type Element = (out: CompactWriter) => void;

/** The elements of a schema, root first, each before its children. Lists have three levels, as Arrow writes them. */
export function schemaElements(nodes: readonly TableNode[]): Element[] {
  return [group("schema", "REQUIRED", nodes.length), ...nodes.flatMap(elementsOf)];
}

function elementsOf(node: TableNode): Element[] {
  switch (node.kind) {
    case "leaf":
      return [leaf(node.name, node.type)];
    case "list":
      return [...listOf(node.name), leaf("element", node.element)];
    case "structs":
      return [
        ...listOf(node.name),
        group("element", "OPTIONAL", node.members.length),
        ...node.members.flatMap(elementsOf),
      ];
  }
}

function listOf(name: string): Element[] {
  return [group(name, "OPTIONAL", 1, true), group("list", "REPEATED", 1)];
}

function group(name: string, repetition: (typeof repetitions)[number], children: number, isList = false): Element {
  return (out) => {
    out.int32(3, repetitions.indexOf(repetition));
    out.text(4, name);
    out.int32(5, children);
    if (!isList) return;
    out.int32(6, convertedTypes.indexOf("LIST"));
    out.struct(10, () => out.struct(3, () => {}));
  };
}

function leaf(name: string, type: ColumnType): Element {
  return (out) => {
    out.int32(1, physicalTypes.indexOf(type.physical));
    if (type.typeLength > 0) out.int32(2, type.typeLength);
    out.int32(3, repetitions.indexOf("OPTIONAL"));
    out.text(4, name);
    if (type.converted !== undefined) out.int32(6, convertedTypes.indexOf(type.converted));
    writeLogicalType(out, type);
  };
}
