import { type ListNode, leafType, listNode, type SchemaNode } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema, type StructSchema, vectorBytes } from "@sluice/schema";
import type { ElementRule } from "../../numbers/elements.ts";
import { missed } from "../../plan/refusals.ts";
import type { SchemaFaults } from "../../plan/schema-faults.ts";
import type { ColumnPlan } from "./column-plan.ts";
import type { StructMember } from "./columns/member-cells.ts";
import type { ReadContext } from "./columns/read-context.ts";
import { StructColumn } from "./columns/struct-column.ts";
import { mismatch, typeMismatch } from "./type-mismatch.ts";
import { arrayElementRule, expectedType, vectorElement, vectorElementRule } from "./type-rules.ts";

/** How a struct array is read: all its members from one list. @param path of the file @throws {ImportError} `schema_mismatch` */
export function planStruct(
  schema: CollectionSchema,
  struct: StructSchema,
  column: SchemaNode,
  path: string,
  faults: SchemaFaults,
): ColumnPlan {
  return new StructPlanner(schema, path, faults).plan(struct, column);
}

class StructPlanner {
  readonly #schema: CollectionSchema;
  readonly #path: string;
  readonly #faults: SchemaFaults;

  constructor(schema: CollectionSchema, path: string, faults: SchemaFaults) {
    this.#schema = schema;
    this.#path = path;
    this.#faults = faults;
  }

  plan(struct: StructSchema, column: SchemaNode): ColumnPlan {
    const list = listNode(column);
    if (!list || list.element.leaf >= 0) throw typeMismatch(this.#path, struct.name, "list<struct>", column);
    const extra = list.element.children.find((child) => !struct.members.includes(child.name));
    if (extra)
      throw mismatch(this.#path, struct.name, `the struct array '${struct.name}' has no sub-field '${extra.name}'`);
    const planned = struct.members.map((name) => this.#faults.attempt(() => this.#member(struct, name, list)));
    const members = planned.filter((member) => member !== undefined);
    return (context) => {
      const opened = members.map((member) => member(context));
      return new StructColumn(struct, list, opened, context);
    };
  }

  #member(struct: StructSchema, name: string, list: ListNode): (context: ReadContext) => StructMember {
    const nodes = list.element.children.filter((child) => child.name === name);
    const position = this.#schema.fields.findIndex((field) => field.name === `${struct.name}[${name}]`);
    const field = this.#schema.fields[position];
    if (nodes.length === 0)
      throw mismatch(this.#path, field.name, missed(field.name, `no parquet field for milvus field '${field.name}'`));
    if (nodes.length > 1) throw mismatch(this.#path, field.name, `there is multi field with name: ${field.name}`);
    const found =
      field.dataType === DataType.ArrayOfVector ? vectorMember(field, nodes[0]) : scalarMember(field, nodes[0]);
    if (!found) throw typeMismatch(this.#path, field.name, expectedType(field), nodes[0]);
    const { node, ...member } = found;
    return ({ open }) => ({ ...member, position, leaf: open(node) });
  }
}

function scalarMember(field: FieldSchema, node: SchemaNode) {
  if (node.leaf < 0 || node.repetition > 1) return undefined;
  const rule = arrayElementRule(field, node);
  return rule && { node, rule: rule.rule, vector: undefined, vectorCheck: undefined };
}

function vectorMember(field: FieldSchema, node: SchemaNode) {
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

/** Values that are the bytes of a vector. */
const rawBytes: ElementRule = { to: "uint8", convert: undefined, check: undefined };
