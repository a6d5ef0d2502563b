import { Damage, TooLarge } from "../damage.ts";
import {
  type ConvertedType,
  convertedTypes,
  type LogicalType,
  logicalTypes,
  type PhysicalType,
  physicalTypes,
  type Repetition,
  repetitions,
} from "../format.ts";
import type { ThriftFields, ThriftReader } from "../thrift/compact-reader.ts";
import { ThriftType } from "../thrift/thrift-type.ts";

/** One node of the schema, which a footer lists in preorder. */
export interface SchemaElement {
  name: string | undefined;
  /** Undefined for groups. */
  type: PhysicalType | undefined;
  typeLength: number;
  repetition: Repetition | undefined;
  childCount: number;
  converted: ConvertedType | undefined;
  /** Of decimals, where writers give it beside the older annotation. */
  scale: number;
  precision: number;
  /** The number that some writers know the column by, whatever it is called. */
  fieldId: number | undefined;
  logical: LogicalAnnotation | undefined;
}

/** The newer form of an annotation; members besides `type` are set where it has them. */
export interface LogicalAnnotation {
  /** Undefined for types that came after this reader. */
  type: LogicalType | undefined;
  /** Of INTEGER. */
  bitWidth: number;
  isSigned: boolean;
  /** Of DECIMAL. */
  scale: number;
  precision: number;
  /** Of TIMESTAMP and TIME; the unit is undefined where it came after this reader. */
  isAdjustedToUtc: boolean;
  unit: "ms" | "us" | "ns" | undefined;
}

/** An object is made for each, and a node of the tree: many times the bytes that it takes in a footer. */
const MAX_SCHEMA_ELEMENTS = 100_000;

/** The elements in depth-first order, as the footer lists them. @throws {Damage} */
export function readSchema(reader: ThriftReader, type: number): SchemaElement[] {
  const count = reader.list(type, ThriftType.Struct);
  if (count > MAX_SCHEMA_ELEMENTS) throw new TooLarge(`a schema of ${count} elements`, MAX_SCHEMA_ELEMENTS, "elements");
  const schema: SchemaElement[] = [];
  for (let i = 0; i < count; i++) schema.push(reader.struct(ThriftType.Struct, newElement(), elementFields));
  return schema;
}

function newElement(): SchemaElement {
  return {
    name: undefined,
    type: undefined,
    typeLength: 0,
    repetition: undefined,
    childCount: 0,
    converted: undefined,
    scale: 0,
    precision: 0,
    fieldId: undefined,
    logical: undefined,
  };
}

const elementFields: ThriftFields<SchemaElement> = [
  undefined,
  (element, reader, type) => void (element.type = physicalType(reader.int32(type))),
  (element, reader, type) => void (element.typeLength = reader.int32(type)),
  (element, reader, type) => void (element.repetition = repetitions[reader.int32(type)]),
  (element, reader, type) => void (element.name = reader.text(type)),
  (element, reader, type) => void (element.childCount = reader.int32(type)),
  (element, reader, type) => void (element.converted = convertedTypes[reader.int32(type)]),
  (element, reader, type) => void (element.scale = reader.int32(type)),
  (element, reader, type) => void (element.precision = reader.int32(type)),
  (element, reader, type) => void (element.fieldId = reader.int32(type)),
];
elementFields[10] = (element, reader, type) => {
  element.logical = reader.struct(type, newAnnotation(), logicalFields);
};

function newAnnotation(): LogicalAnnotation {
  return {
    type: undefined,
    bitWidth: 0,
    isSigned: false,
    scale: 0,
    precision: 0,
    isAdjustedToUtc: false,
    unit: undefined,
  };
}

/** One field of the union is set; few have members that matter here. */
const logicalFields: ThriftFields<LogicalAnnotation> = [];
for (const [id, name] of Object.entries(logicalTypes)) {
  logicalFields[Number(id)] = (logical, reader, type) => {
    logical.type = name;
    const members = membersOf[name];
    if (members) reader.struct(type, logical, members);
    else reader.skip(type);
  };
}

const integerMembers: ThriftFields<LogicalAnnotation> = [
  undefined,
  (logical, reader, type) => void (logical.bitWidth = reader.byte(type)),
  (logical, reader, type) => void (logical.isSigned = reader.bool(type)),
];

const decimalMembers: ThriftFields<LogicalAnnotation> = [
  undefined,
  (logical, reader, type) => void (logical.scale = reader.int32(type)),
  (logical, reader, type) => void (logical.precision = reader.int32(type)),
];

const timeUnits: ThriftFields<LogicalAnnotation> = [undefined, ...(["ms", "us", "ns"] as const).map(takeUnit)];

function takeUnit(unit: "ms" | "us" | "ns"): NonNullable<ThriftFields<LogicalAnnotation>[number]> {
  return (logical, reader, type) => {
    logical.unit = unit;
    reader.skip(type);
  };
}

const timeMembers: ThriftFields<LogicalAnnotation> = [
  undefined,
  (logical, reader, type) => void (logical.isAdjustedToUtc = reader.bool(type)),
  (logical, reader, type) => void reader.struct(type, logical, timeUnits),
];

const membersOf: Readonly<Partial<Record<LogicalType, ThriftFields<LogicalAnnotation>>>> = {
  INTEGER: integerMembers,
  DECIMAL: decimalMembers,
  TIMESTAMP: timeMembers,
  TIME: timeMembers,
};

/** @throws {Damage} */
export function physicalType(number: number): PhysicalType {
  const type = physicalTypes[number];
  if (!type) throw new Damage(`${number} is no physical type`);
  return type;
}
