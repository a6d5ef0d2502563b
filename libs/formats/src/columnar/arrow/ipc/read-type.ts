import { Date as DateType } from "apache-arrow/fb/date";
import { Decimal } from "apache-arrow/fb/decimal";
import { Duration } from "apache-arrow/fb/duration";
import type { Field } from "apache-arrow/fb/field";
import { FixedSizeBinary } from "apache-arrow/fb/fixed-size-binary";
import { FixedSizeList } from "apache-arrow/fb/fixed-size-list";
import { FloatingPoint } from "apache-arrow/fb/floating-point";
import { Int } from "apache-arrow/fb/int";
import { Time } from "apache-arrow/fb/time";
import { Timestamp } from "apache-arrow/fb/timestamp";
import { Type } from "apache-arrow/fb/type";
import { Union } from "apache-arrow/fb/union";
import type { NumberKind } from "../../../numbers/number-kind.ts";
import type { ArrowType } from "./arrow-type.ts";
import { damaged } from "./damage.ts";

const plain = { width: 0, isLarge: false, size: 0 };
const units = ["s", "ms", "us", "ns"] as const;

/** The type of a field. @throws {ImportError} for one that no version of Arrow has */
export function readType(field: Field): ArrowType {
  const simple = simpleTypes[field.typeType()];
  if (simple) return { ...plain, ...simple };
  switch (field.typeType()) {
    case Type.Int:
      return integerType(part(field.type(new Int())));
    case Type.FloatingPoint:
      return floatType(part(field.type(new FloatingPoint())).precision());
    case Type.Decimal:
      return decimalType(part(field.type(new Decimal())));
    case Type.Date:
      return dateType(part(field.type(new DateType())));
    case Type.Time:
      return timeType(part(field.type(new Time())));
    case Type.Timestamp:
      return timestampType(part(field.type(new Timestamp())));
    case Type.Duration:
      return durationType(part(field.type(new Duration())));
    case Type.FixedSizeBinary:
      return bytesType(part(field.type(new FixedSizeBinary())));
    case Type.FixedSizeList:
      return listType(part(field.type(new FixedSizeList())));
    case Type.Union:
      return unionType(part(field.type(new Union())));
  }
  throw damaged(`column '${field.name()}' is of the unknown type ${field.typeType()}`);
}

type Simple = Pick<ArrowType, "kind" | "layout" | "name"> & Partial<ArrowType>;

const simpleTypes: Readonly<Record<number, Simple | undefined>> = {
  [Type.Null]: { kind: "null", layout: "null", name: "null" },
  [Type.Bool]: { kind: "bool", layout: "bits", name: "bool" },
  [Type.Utf8]: { kind: "text", layout: "var", name: "string" },
  [Type.LargeUtf8]: { kind: "text", layout: "var", name: "large_string", isLarge: true },
  [Type.Utf8View]: { kind: "text", layout: "view", name: "string_view" },
  [Type.Binary]: { kind: "bytes", layout: "var", name: "binary" },
  [Type.LargeBinary]: { kind: "bytes", layout: "var", name: "large_binary", isLarge: true },
  [Type.BinaryView]: { kind: "bytes", layout: "view", name: "binary_view" },
  [Type.List]: { kind: "list", layout: "list", name: "list" },
  [Type.LargeList]: { kind: "list", layout: "list", name: "large_list", isLarge: true },
  [Type.Struct_]: { kind: "struct", layout: "struct", name: "struct" },
  [Type.Map]: { kind: "map", layout: "list", name: "map" },
  [Type.Interval]: { kind: "unsupported", layout: "fixed", name: "interval" },
  [Type.RunEndEncoded]: { kind: "unsupported", layout: "run_end", name: "run_end_encoded" },
  [Type.ListView]: { kind: "unsupported", layout: "list_view", name: "list_view" },
  [Type.LargeListView]: { kind: "unsupported", layout: "list_view", name: "large_list_view" },
};

function part<T>(found: T | null): T {
  if (found === null) throw damaged("a column has no type");
  return found;
}

function unitOf(unit: number): (typeof units)[number] {
  const found = units[unit];
  if (found === undefined) throw damaged(`unknown unit ${unit} of a time`);
  return found;
}

function positive(value: number): number {
  if (value >= 0) return value;
  throw damaged(`a size is ${value}`);
}

/** @returns the kind and bytes of integers of a type */
export function integerKind(type: Int): { readonly number: NumberKind; readonly width: number } {
  const bits = type.bitWidth();
  if (![8, 16, 32, 64].includes(bits)) throw damaged(`integers of ${bits} bits`);
  return { number: `${type.isSigned() ? "" : "u"}int${bits}` as NumberKind, width: bits / 8 };
}

function integerType(type: Int): ArrowType {
  if (type.bitWidth() === 128) return wideInteger(type.isSigned());
  const { number, width } = integerKind(type);
  return { ...plain, kind: "number", layout: "fixed", name: number, width, number };
}

/** Of polars, which alone has them: they lie as decimals do that have nothing behind the point, and those have a sign. */
function wideInteger(isSigned: boolean): ArrowType {
  const name = isSigned ? "int128" : "uint128";
  return { ...plain, kind: isSigned ? "decimal" : "unsupported", layout: "fixed", name, width: 16, scale: 0 };
}

function floatType(precision: number): ArrowType {
  const types = [
    ["float16", 2],
    ["float", 4],
    ["double", 8],
  ] as const;
  const found = types[precision];
  if (!found) throw damaged(`floats of precision ${precision}`);
  const [number, width] = found;
  return { ...plain, kind: "number", layout: "fixed", name: number, width, number };
}

function decimalType(type: Decimal): ArrowType {
  const bits = type.bitWidth();
  if (![32, 64, 128, 256].includes(bits)) throw damaged(`decimals of ${bits} bits`);
  const scale = type.scale();
  if (Math.abs(scale) > 1000) throw damaged(`decimals with ${scale} digits behind the point`);
  const name = `decimal${bits}(${type.precision()}, ${scale})`;
  return { ...plain, kind: "decimal", layout: "fixed", name, width: bits / 8, scale };
}

function dateType(type: DateType): ArrowType {
  const [width, unit] = type.unit() === 0 ? ([4, "day"] as const) : ([8, "ms"] as const);
  return { ...plain, kind: "date", layout: "fixed", name: `date${width * 8}[${unit}]`, width, unit };
}

function timeType(type: Time): ArrowType {
  const unit = unitOf(type.unit());
  const width = unit === "s" || unit === "ms" ? 4 : 8;
  return { ...plain, kind: "time", layout: "fixed", name: `time${width * 8}[${unit}]`, width, unit };
}

function durationType(type: Duration): ArrowType {
  const unit = unitOf(type.unit());
  return { ...plain, kind: "duration", layout: "fixed", name: `duration[${unit}]`, width: 8, unit };
}

function bytesType(type: FixedSizeBinary): ArrowType {
  const width = positive(type.byteWidth());
  return { ...plain, kind: "fixed", layout: "fixed", name: `fixed_size_binary[${width}]`, width };
}

function listType(type: FixedSizeList): ArrowType {
  const size = positive(type.listSize());
  return { ...plain, kind: "list", layout: "fixed_list", name: "fixed_size_list", size };
}

function unionType(type: Union): ArrowType {
  const layout = type.mode() === 1 ? "dense_union" : "sparse_union";
  return { ...plain, kind: "unsupported", layout, name: layout };
}

function timestampType(type: Timestamp): ArrowType {
  const unit = unitOf(type.unit());
  const zone = type.timezone();
  const name = zone ? `timestamp[${unit}, tz=${zone}]` : `timestamp[${unit}]`;
  return { ...plain, kind: "timestamp", layout: "fixed", name, width: 8, unit, isUtc: Boolean(zone) };
}
