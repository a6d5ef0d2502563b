import {
  type CollectionSchema,
  DataType,
  type DefaultValue,
  type FieldSchema,
  type StructSchema,
} from "@sluice/schema";

/** A schema as pymilvus's `to_dict()` gives it: types as numbers, defaults as `{"long_data": 5}`. */
export interface FixtureSchema {
  readonly auto_id?: boolean;
  readonly enable_dynamic_field?: boolean;
  readonly fields: readonly FixtureField[];
  readonly struct_fields?: readonly {
    readonly name: string;
    readonly fields: readonly FixtureField[];
    readonly max_capacity: number;
    readonly nullable?: boolean;
  }[];
}

interface FixtureField {
  readonly name: string;
  readonly type: number;
  readonly params?: {
    readonly dim?: number | string;
    readonly max_length?: number | string;
    readonly max_capacity?: number | string;
  };
  readonly element_type?: number;
  readonly is_primary?: boolean;
  readonly auto_id?: boolean;
  readonly nullable?: boolean;
  readonly is_partition_key?: boolean;
  readonly default_value?: Readonly<Record<string, unknown>>;
}

/** The schema as the server would store it: ids from 100, struct members as `struct[member]`, `$meta` last. */
export function fixtureSchema(fixture: FixtureSchema, name = "fixture"): CollectionSchema {
  let nextId = 100;
  const plain = fixture.fields.map((field) => fieldOf(field, nextId++, fixture.auto_id === true));
  const structs: StructSchema[] = [];
  const members: FieldSchema[] = [];
  for (const struct of fixture.struct_fields ?? []) {
    structs.push({
      fieldId: nextId++,
      name: struct.name,
      nullable: struct.nullable === true,
      maxCapacity: struct.max_capacity,
      members: struct.fields.map((field) => field.name),
    });
    for (const member of struct.fields)
      members.push(
        memberOf(fieldOf(member, nextId++, false), struct.name, struct.max_capacity, struct.nullable === true),
      );
  }
  const meta = fixture.enable_dynamic_field
    ? [{ ...fieldOf({ name: "$meta", type: DataType.JSON }, nextId++, false), isDynamic: true }]
    : [];
  return {
    name,
    fields: [...plain, ...members, ...meta],
    structs,
    enableDynamicField: meta.length > 0,
    allowInsertAutoId: false,
    timezone: "UTC",
  };
}

function fieldOf(field: FixtureField, fieldId: number, autoId: boolean): FieldSchema {
  const params = field.params ?? {};
  return {
    fieldId,
    name: field.name,
    dataType: field.type as DataType,
    elementType: (field.element_type ?? 0) as DataType,
    isPrimaryKey: field.is_primary === true,
    isPartitionKey: field.is_partition_key === true,
    autoId: field.is_primary === true && (field.auto_id === true || autoId),
    isDynamic: false,
    nullable: field.nullable === true,
    defaultValue: defaultOf(field),
    dim: Number(params.dim ?? 0),
    maxLength: Number(params.max_length ?? 0),
    maxCapacity: Number(params.max_capacity ?? 0),
    isFunctionOutput: false,
    typeParams: Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])),
  };
}

function defaultOf({ type, default_value: value }: FixtureField): DefaultValue | undefined {
  const [data] = Object.values(value ?? {});
  if (data === undefined) return undefined;
  if (type >= DataType.Int8 && type <= DataType.Int64) return BigInt(data as number | string);
  return type === DataType.Float ? Math.fround(data as number) : (data as DefaultValue);
}

/** A struct's member is a list: of scalars an Array, of vectors an ArrayOfVector. */
function memberOf(field: FieldSchema, struct: string, maxCapacity: number, nullable: boolean): FieldSchema {
  const isVector = field.dataType >= DataType.BinaryVector;
  const isList = field.dataType === DataType.Array || field.dataType === DataType.ArrayOfVector;
  return {
    ...field,
    name: `${struct}[${field.name}]`,
    dataType: isList ? field.dataType : isVector ? DataType.ArrayOfVector : DataType.Array,
    elementType: isList ? field.elementType : field.dataType,
    maxCapacity,
    nullable,
  };
}
