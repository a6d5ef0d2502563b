import type { ProposedField, ProposedSchema } from "./propose-schema.ts";

const numbers: ReadonlySet<string> = new Set(["Int8", "Int16", "Int32", "Int64", "Float", "Double"]);

/**
 * The collection that takes the rows of several files, by what is proposed for each: its key is that of the first one, and what a file does
 * not have may be null.
 * @param schemas at least one
 */
export function mergeSchemas(schemas: readonly ProposedSchema[]): ProposedSchema {
  const [first, ...others] = schemas;
  if (others.length === 0) return first;
  const names = new Set(schemas.flatMap(({ fields }) => fields.map(({ fieldName }) => fieldName)));
  const made = new Set(schemas.filter(({ autoId }) => autoId).map(keyName));
  const fields = [...names].flatMap((name) => {
    const own = first.fields.some(({ fieldName }) => fieldName === name);
    // Keys that would be made for other files alone are no columns.
    return own || !made.has(name) ? [mergedField(name, schemas, own)] : [];
  });
  const options = Object.assign({}, ...schemas.map((schema) => schema.options));
  return {
    ...{ ...first, fields, enableDynamicField: schemas.some((schema) => schema.enableDynamicField) },
    indexParams: firstOfEach(
      schemas,
      ({ indexParams }) => indexParams,
      ({ fieldName }) => fieldName,
    ),
    ...(Object.keys(options).length > 0 && { options }),
    partitionKeyCandidates: first.partitionKeyCandidates.filter((name) =>
      others.every(({ partitionKeyCandidates }) => partitionKeyCandidates.includes(name)),
    ),
    unsupported: firstOfEach(
      schemas,
      ({ unsupported }) => unsupported,
      ({ column }) => column,
    ).filter(({ column }) => !names.has(column)),
  };
}

function keyName({ fields }: ProposedSchema): string {
  return fields.find(({ isPrimary }) => isPrimary)?.fieldName ?? "";
}

/** @param mayBeKey it is a field of the first file */
function mergedField(name: string, schemas: readonly ProposedSchema[], mayBeKey: boolean): ProposedField {
  const found = schemas.flatMap(({ fields }) => fields.filter(({ fieldName }) => fieldName === name));
  const { isPrimary, nullable, ...field } = found[0];
  if (mayBeKey && isPrimary) return found[0];
  const missing = schemas.length - found.length;
  const isNullable = missing > 0 || found.some((one) => one.nullable);
  const dataType = widestType(found);
  return {
    ...{ ...field, dataType },
    ...(isNullable && { nullable: true as const }),
    evidence: [
      ...field.evidence,
      ...(dataType === field.dataType ? [] : [`other files have ${dataType}`]),
      ...(missing > 0 ? [`${missing} of ${schemas.length} files looked at do not have it`] : []),
    ],
  };
}

/** Numbers are as wide as those of any file; of other types the first one counts. */
function widestType([first, ...others]: readonly ProposedField[]): string {
  const types = [first, ...others].map(({ dataType }) => dataType);
  if (!types.every((type) => numbers.has(type)) || new Set(types).size === 1) return first.dataType;
  return types.some((type) => type === "Float" || type === "Double") ? "Double" : "Int64";
}

function firstOfEach<T>(
  schemas: readonly ProposedSchema[],
  listOf: (schema: ProposedSchema) => readonly T[],
  nameOf: (item: T) => string,
): T[] {
  const byName = new Map<string, T>();
  for (const item of schemas.flatMap(listOf)) if (!byName.has(nameOf(item))) byName.set(nameOf(item), item);
  return [...byName.values()];
}
