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

export interface SchemaElement {
  name: string | undefined;
  /** Undefined for groups. */
  type: PhysicalType | undefined;
  typeLength: number;
  repetition: Repetition | undefined;
  childCount: number;
  converted: ConvertedType | undefined;
  logical: LogicalAnnotation | undefined;
}

export interface LogicalAnnotation {
  /** Undefined for types that came after this reader. */
  type: LogicalType | undefined;
  /** Of INTEGER. */
  bitWidth: number;
  isSigned: boolean;
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
];
elementFields[10] = (element, reader, type) => {
  const none: LogicalAnnotation = { type: undefined, bitWidth: 0, isSigned: false };
  element.logical = reader.struct(type, none, logicalFields);
};

/** One field of the union is set; INTEGER alone has members that matter here. */
const logicalFields: ThriftFields<LogicalAnnotation> = [];
for (const [id, name] of Object.entries(logicalTypes)) {
  logicalFields[Number(id)] = (logical, reader, type) => {
    logical.type = name;
    if (name === "INTEGER") reader.struct(type, logical, integerFields);
    else reader.skip(type);
  };
}

const integerFields: ThriftFields<LogicalAnnotation> = [
  undefined,
  (logical, reader, type) => void (logical.bitWidth = reader.byte(type)),
  (logical, reader, type) => void (logical.isSigned = reader.bool(type)),
];

/** @throws {Damage} */
export function physicalType(number: number): PhysicalType {
  const type = physicalTypes[number];
  if (!type) throw new Damage(`${number} is no physical type`);
  return type;
}
