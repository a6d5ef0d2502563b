import { schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";

type Message = schema.CollectionSchema;
type FieldMessage = schema.FieldSchema;
type Default = schema.ValueField["data"];

/** A field in few words; what is left out is as in a field without it. */
export interface FieldSpec {
  readonly name: string;
  readonly type: DataType;
  readonly key?: boolean;
  readonly auto?: boolean;
  readonly partitionKey?: boolean;
  readonly nullable?: boolean;
  readonly default?: Default;
  readonly dim?: number;
  readonly maxLength?: number;
  readonly capacity?: number;
  readonly element?: DataType;
}

/** A collection to be created, without its types in numbers. */
export interface CollectionSpec {
  readonly name: string;
  readonly fields: readonly FieldSpec[];
  readonly dynamic?: boolean;
  readonly shards?: number;
  /** Number of partitions of a collection with a partition key. */
  readonly partitions?: number;
  readonly properties?: Readonly<Record<string, string>>;
}

/** `id` Int64, `title` VarChar, `year` Int32, `vector` of four floats: enough for most tests. */
export const bookFields = {
  id: { name: "id", type: DataType.Int64, key: true },
  title: { name: "title", type: DataType.VarChar, maxLength: 200 },
  year: { name: "year", type: DataType.Int32 },
  vector: { name: "vector", type: DataType.FloatVector, dim: 4 },
} as const satisfies Record<string, FieldSpec>;

/** With the fields of `Book`, in their order. */
export function bookCollection(name: string, more: Partial<CollectionSpec> = {}): CollectionSpec {
  return { name, fields: Object.values(bookFields), ...more };
}

/** The schema message of a description, without field ids, as clients send it. */
export function schemaMessage(spec: CollectionSpec): Message {
  return schema.CollectionSchema.fromPartial({
    name: spec.name,
    enableDynamicField: spec.dynamic ?? false,
    fields: spec.fields.map(fieldMessage),
  });
}

function fieldMessage(spec: FieldSpec): FieldMessage {
  const params = { dim: spec.dim, max_length: spec.maxLength, max_capacity: spec.capacity };
  return schema.FieldSchema.fromPartial({
    name: spec.name,
    dataType: spec.type,
    elementType: spec.element ?? DataType.None,
    isPrimaryKey: spec.key ?? false,
    autoID: spec.auto ?? false,
    isPartitionKey: spec.partitionKey ?? false,
    nullable: spec.nullable ?? false,
    defaultValue: spec.default && { data: spec.default },
    typeParams: textParams(params),
  });
}

/** A schema as pymilvus's `to_dict()` gives it; fixtures carry their schemas in this form. */
export interface SchemaDict {
  readonly fields: readonly FieldDict[];
  readonly enable_dynamic_field?: boolean;
  readonly struct_fields?: readonly {
    readonly name: string;
    readonly fields: readonly FieldDict[];
    readonly max_capacity?: number;
  }[];
}

interface FieldDict {
  readonly name: string;
  readonly type: DataType;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly is_primary?: boolean;
  readonly auto_id?: boolean;
  readonly is_partition_key?: boolean;
  readonly nullable?: boolean;
  readonly element_type?: DataType;
  readonly default_value?: Readonly<Record<string, unknown>>;
}

/** The message that pymilvus sends for such a schema. */
export function schemaMessageOfDict(name: string, dict: SchemaDict): Message {
  return schema.CollectionSchema.fromPartial({
    name,
    enableDynamicField: dict.enable_dynamic_field ?? false,
    fields: dict.fields.map(fieldOfDict),
    structArrayFields: (dict.struct_fields ?? []).map((struct) => ({
      name: struct.name,
      fields: struct.fields.map((member) => memberOfDict(member, struct.max_capacity ?? 0)),
    })),
  });
}

function fieldOfDict(field: FieldDict): FieldMessage {
  return schema.FieldSchema.fromPartial({
    name: field.name,
    dataType: field.type,
    elementType: field.element_type ?? DataType.None,
    isPrimaryKey: field.is_primary ?? false,
    autoID: field.auto_id ?? false,
    isPartitionKey: field.is_partition_key ?? false,
    nullable: field.nullable ?? false,
    defaultValue: field.default_value && { data: defaultOfDict(field.type, field.default_value) },
    typeParams: textParams(field.params ?? {}),
  });
}

/** Members of a struct array are lists: of scalars as Array, of vectors as ArrayOfVector, the type beside it. */
function memberOfDict(member: FieldDict, capacity: number): FieldMessage {
  const isVector = member.type >= DataType.BinaryVector;
  return schema.FieldSchema.fromPartial({
    name: member.name,
    dataType: isVector ? DataType.ArrayOfVector : DataType.Array,
    elementType: member.type,
    typeParams: textParams({ ...member.params, max_capacity: capacity }),
  });
}

function defaultOfDict(type: DataType, value: Readonly<Record<string, unknown>>): Default {
  const [[key, data]] = Object.entries(value);
  const name = key.replace(/_data$/, "");
  if (name === "long" && type !== DataType.Int64) return { $case: "intData", value: Number(data) };
  if (name === "long") return { $case: "longData", value: BigInt(data as number) };
  return { $case: `${name}Data`, value: data } as Default;
}

function textParams(params: Readonly<Record<string, unknown>>): { key: string; value: string }[] {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: typeof value === "object" ? JSON.stringify(value) : String(value) }));
}
