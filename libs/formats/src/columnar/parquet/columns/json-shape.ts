import { type LeafReader, leafType, listNode, type MapNode, mapNode, type SchemaNode } from "@sluice/parquet";
import { jsonLeaf } from "./json-values.ts";
import { type JsonWriter, KeyWriter, LeafWriterAt, ListWriter, MapWriter, StructWriter } from "./json-writers.ts";
import { LeafCursor } from "./leaf-cursor.ts";
import { isVariant, variantWriter } from "./variant/variant-writer.ts";

/** Makes the writer of a part of the schema for one reading of the file. */
export type JsonShape = (open: (node: SchemaNode) => LeafReader) => JsonWriter;

/** How a column becomes JSON, whatever is in it; undefined where a leaf of it has no form there. */
export function jsonShape(node: SchemaNode): JsonShape | undefined {
  if (isVariant(node)) return (open) => variantWriter(node, open);
  const map = mapNode(node);
  if (map) return mapShape(map.list, map.key, map.value);
  const list = listNode(node);
  if (list) {
    // An element that is the repeated node itself is no further list.
    const element = list.element === list.repeated ? elementShape(list.element) : jsonShape(list.element);
    return element && ((open) => new ListWriter(list, element(open)));
  }
  return elementShape(node);
}

/** As `jsonShape`, of a list of pairs that stands for a map; undefined for any other list. */
export function pairsShape(node: SchemaNode): JsonShape | undefined {
  const pairs = pairsNode(node);
  return pairs && mapShape(pairs.list, pairs.key, pairs.value);
}

/** A list of pairs that stands for a map: structs of a key, or index, and a value. */
export function pairsNode(node: SchemaNode): MapNode | undefined {
  const list = listNode(node);
  if (list?.element.children.length !== 2) return undefined;
  const [key, value] = list.element.children;
  const isPair = (key.name === "key" || key.name === "index") && value.name === "value";
  return isPair ? { list, key, value } : undefined;
}

/** Of a node for which its being repeated is told already. */
function elementShape(node: SchemaNode): JsonShape | undefined {
  if (node.leaf < 0) return node.children.length === 0 ? undefined : structShape(node, node.children);
  const leaf = jsonLeaf(leafType(node));
  return (
    leaf &&
    ((open) => {
      const cursor = new LeafCursor(open(node));
      return new LeafWriterAt(cursor, leaf.writer(cursor.rows));
    })
  );
}

/** Members of a group as an object; of the root, columns of the file. */
export function structShape(node: SchemaNode, members: readonly SchemaNode[]): JsonShape | undefined {
  const names = members.map(({ name }) => name);
  const shapes = members.map(jsonShape).filter((shape) => shape !== undefined);
  if (shapes.length < members.length || new Set(names).size < names.length) return undefined;
  return (open) =>
    new StructWriter(
      node,
      names,
      shapes.map((shape) => shape(open)),
    );
}

function mapShape(
  list: NonNullable<ReturnType<typeof listNode>>,
  key: SchemaNode,
  value: SchemaNode,
): JsonShape | undefined {
  const leaf = key.leaf < 0 || key.element.repetition === "REPEATED" ? undefined : jsonLeaf(leafType(key));
  const shape = jsonShape(value);
  if (!leaf || !shape) return undefined;
  return (open) => {
    const cursor = new LeafCursor(open(key));
    return new MapWriter(list, new KeyWriter(cursor, leaf.writer(cursor.rows), leaf.isQuoted), shape(open));
  };
}
