import { parquetType } from "@sluice/binlog";
import type { ColumnType, TableNode } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema, isDenseVector, memberName } from "@sluice/schema";
import { isText } from "../text-columns.ts";

/** What one node of the file is written from: a field, or the members of a struct array, by their place in the schema. */
export interface FileColumn {
  readonly node: TableNode;
  readonly fields: readonly number[];
}

/** The columns of a file with these fields, as pymilvus's bulk writer lays them out (bulk-writer output). */
export function fileColumns(schema: CollectionSchema): FileColumn[] {
  const structs = schema.structs.map(({ name }) => `${name}[`);
  const plain = schema.fields.flatMap((field, index): FileColumn[] =>
    structs.some((start) => field.name.startsWith(start)) ? [] : [{ node: nodeOf(field), fields: [index] }],
  );
  const nested = schema.structs.map(({ name, members }): FileColumn => {
    const fields = members.map((member) => schema.fields.findIndex((field) => field.name === `${name}[${member}]`));
    return {
      node: { kind: "structs", name, members: fields.map((index) => memberNode(schema.fields[index])) },
      fields,
    };
  });
  return [...plain, ...nested];
}

function nodeOf(field: FieldSchema): TableNode {
  const { name, dataType, elementType } = field;
  if (isDenseVector(dataType)) return { kind: "list", name, element: vectorElement(dataType) };
  if (dataType === DataType.Array) return { kind: "list", name, element: parquetType(elementType, 0) };
  return { kind: "leaf", name, type: isText(field) ? parquetType(DataType.VarChar, 0) : parquetType(dataType, 0) };
}

/** A member's lists are those of its struct. */
function memberNode({ name, dataType, elementType }: FieldSchema): TableNode {
  const member = memberName(name);
  return dataType === DataType.ArrayOfVector
    ? { kind: "list", name: member, element: vectorElement(elementType) }
    : { kind: "leaf", name: member, type: parquetType(elementType, 0) };
}

/** Floats as they are; the bytes of all others as small integers. */
function vectorElement(type: DataType): ColumnType {
  const bare = { typeLength: 0, converted: undefined, logical: undefined };
  if (type === DataType.FloatVector) return { ...bare, physical: "FLOAT" };
  const converted = type === DataType.Int8Vector ? "INT_8" : "UINT_8";
  return { physical: "INT32", typeLength: 0, converted, logical: 8 };
}
