import { excerpt, StatusError } from "@sluice/errors";
import { mergeCodes } from "@sluice/jobs";
import { schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { z } from "zod";

const size = z.union([z.number().int(), z.string()]).nullish();

/** A new field, as Zilliz Cloud describes it: its name stands under either word. */
export const newFieldBody = z.object({
  fieldName: z.string().nullish(),
  name: z.string().nullish(),
  dataType: z.string(),
  elementDataType: z.string().nullish(),
  description: z.string().nullish(),
  params: z
    .object({
      ...{ maxLength: size, dim: size, maxCapacity: size },
      defaultValue: z.union([z.string(), z.number(), z.boolean()]).nullish(),
    })
    .nullish(),
});

type NewField = z.infer<typeof newFieldBody>;

/** Names of types without case and separators: `VARCHAR`, `VarChar`, `FLOAT_VECTOR`, `FloatVector`. */
const types = new Map<string, DataType>(
  Object.entries(DataType)
    .filter(([name]) => name !== "None" && name !== "String")
    .map(([name, type]) => [plain(name), type]),
);

/** @throws {StatusError} 63264 for two names, a type that is none, or a default of another type */
export function fieldMessage(field: NewField): schema.FieldSchema {
  const name = nameOf(field);
  const dataType = typeOf(name, field.dataType);
  const { maxLength, dim, maxCapacity, defaultValue } = field.params ?? {};
  const params = { max_length: maxLength, dim, max_capacity: maxCapacity };
  return schema.FieldSchema.fromPartial({
    ...{ name, dataType: dataType as schema.DataType, description: field.description ?? "", nullable: true },
    ...(field.elementDataType && { elementType: typeOf(name, field.elementDataType) as schema.DataType }),
    typeParams: Object.entries(params).flatMap(([key, value]) => (value ? [{ key, value: String(value) }] : [])),
    ...(defaultValue !== undefined &&
      defaultValue !== null && { defaultValue: defaultOf(name, dataType, defaultValue) }),
  });
}

function nameOf({ fieldName, name }: NewField): string {
  if (!fieldName || !name || fieldName === name) return fieldName || name || "";
  const reason = `fieldName "${excerpt(fieldName)}" and name "${excerpt(name)}" of a new field differ: give one`;
  throw new StatusError(mergeCodes.newFieldInvalid, reason);
}

function typeOf(name: string, text: string): DataType {
  const type = types.get(plain(text));
  if (type !== undefined) return type;
  throw new StatusError(
    mergeCodes.newFieldInvalid,
    `new field "${excerpt(name)}": there is no data type "${excerpt(text)}"`,
  );
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

function defaultOf(name: string, type: DataType, value: string | number | boolean): schema.ValueField {
  const data = dataOf(type, value);
  if (data) return { data };
  const found = `${typeof value} ${excerpt(JSON.stringify(value))}`;
  throw new StatusError(
    mergeCodes.newFieldInvalid,
    `new field "${excerpt(name)}": its default is ${found}, which is no value of its type`,
  );
}

/** Whether the field may have a default, and this one, the server checks. */
function dataOf(type: DataType, value: string | number | boolean): schema.ValueField["data"] {
  if (typeof value === "boolean") return type === DataType.Bool ? { $case: "boolData", value } : undefined;
  const isInteger = type >= DataType.Int8 && type <= DataType.Int64;
  if (isInteger && /^-?\d{1,19}$/.test(String(value))) return { $case: "longData", value: BigInt(value) };
  if (typeof value === "number") {
    if (type === DataType.Float) return { $case: "floatData", value };
    return type === DataType.Double ? { $case: "doubleData", value } : undefined;
  }
  if (type === DataType.JSON) return { $case: "bytesData", value: Buffer.from(value) };
  return isInteger || type === DataType.Bool || type === DataType.Float || type === DataType.Double
    ? undefined
    : { $case: "stringData", value };
}
