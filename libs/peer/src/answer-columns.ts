import type { Column } from "@sluice/columns";
import { columnOfData, countKeys, type FieldBytes, type QueryAnswer } from "@sluice/fields";
import { type CollectionSchema, isComputed, primaryKeyIndex } from "@sluice/schema";

/** Rows of an answer, by the columns of a schema; undefined for what is computed. */
export interface AnsweredRows {
  readonly rowCount: number;
  readonly columns: readonly (Column | undefined)[];
}

/** What a peer is asked for, so that an answer has the fields of a schema. Structs are asked for whole. */
export function outputFieldsOf(schema: CollectionSchema): string[] {
  const { fields, structs } = schema;
  const members = new Set(structs.flatMap(({ name, members }) => members.map((member) => `${name}[${member}]`)));
  const plain = fields.filter((field) => !members.has(field.name) && !isComputed(schema, field));
  return [...plain.map(({ name, isDynamic }) => (isDynamic ? "$meta" : name)), ...structs.map(({ name }) => name)];
}

/** @throws {RangeError} for what is missing, or no value of its field */
export function columnsOfAnswer(schema: CollectionSchema, answer: QueryAnswer): AnsweredRows {
  const byName = new Map<string, FieldBytes>();
  for (const field of answer.fields) {
    byName.set(field.isDynamic ? "$meta" : field.name, field);
    for (const member of field.members) byName.set(`${field.name}[${member.name}]`, member);
  }
  const keyField = schema.fields[primaryKeyIndex(schema)];
  const key = byName.get(keyField.name);
  const rowCount = key ? countKeys(keyField, key) : 0;
  if (rowCount === 0) return { rowCount, columns: [] };
  const columns = schema.fields.map((field) => {
    if (isComputed(schema, field)) return undefined;
    const data = byName.get(field.name);
    if (data) return columnOfData(field, data, rowCount, schema.timezone);
    throw new RangeError(`field '${field.name}' is missing`);
  });
  return { rowCount, columns };
}
