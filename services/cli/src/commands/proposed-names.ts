import type { ProposedSchema } from "../client/collections.ts";

/** Names of a column, and of the field that takes it. */
type Pairs = readonly (readonly [string, string])[];

/** Source: Milvus. */
const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The proposed collection with its fields called as `--map` wants them. Paths into columns are left to the import: what lies at
 * them was not looked at. @throws {Error} for a column that no field can be called after
 */
export function withMappedNames(proposed: ProposedSchema, map: Pairs = []): ProposedSchema {
  const names = new Map(map);
  const nameOf = (column: string) => names.get(column) ?? column;
  const fields = proposed.fields.map((field) => ({ ...field, fieldName: nameOf(field.fieldName) }));
  for (const { fieldName } of fields) checkName(fieldName);
  const indexParams = proposed.indexParams.map((index) => ({ ...index, fieldName: nameOf(index.fieldName) }));
  return { ...proposed, fields, indexParams };
}

function checkName(name: string): void {
  if (FIELD_NAME.test(name)) return;
  const better = name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^(?=\d)|^$/, "_");
  throw new Error(
    `no field can be called "${name}", with anything but letters, digits and underscores: --map "${name}=${better}" gives it a name`,
  );
}
