import { type NumberViews, numberReaders, numberText, viewsOf } from "../../../numbers/number-kind.ts";
import { type TextOut, writeFloat } from "../../../text-out.ts";
import { dateText, timestampText, timeText } from "../../parquet/columns/timestamps.ts";
import type { ArrowField, ArrowType } from "../ipc/arrow-type.ts";
import type { ArrowValues } from "../ipc/arrow-values.ts";

/** Writes one value, by its place. @throws {RangeError} with the reason, for one that has no such form */
export type WriteValue = (index: number, out: TextOut) => void;

/** Whether values of a column have a form in JSON: all but bytes, and what is not read. */
export function isWritable({ type, children }: ArrowField): boolean {
  if (type.kind === "bytes" || type.kind === "fixed" || type.kind === "unsupported") return false;
  return children.every(isWritable);
}

/** Values of a field that is JSON, or keys of `$meta`: as in Parquet NaN is null there. */
export function documentWriter(values: ArrowValues): WriteValue {
  return jsonWriter(values, writeFloat);
}

/** Values as JSON has them. @param float writes one that is not finite */
export function jsonWriter(values: ArrowValues, float: WriteFloat = finiteFloat): WriteValue {
  const { validity } = values;
  const write = valueWriter(values, float);
  return (i, out) => (validity?.[i] === 0 ? out.ascii("null") : write(i, out));
}

type WriteFloat = (value: number, out: TextOut) => void;

/** NaN is no element of an array, or of a vector. */
function finiteFloat(value: number, out: TextOut): void {
  if (!Number.isFinite(value)) throw new RangeError(`expected a finite number, got value '${value}'`);
  writeFloat(value, out);
}

function valueWriter(values: ArrowValues, float: WriteFloat): WriteValue {
  const { field, data, offsets } = values;
  switch (field.type.kind) {
    case "bool":
      return (i, out) => out.ascii(data[i] === 0 ? "false" : "true");
    case "number":
      return numberWriter(values, float);
    case "decimal":
      return (i, out) => out.ascii(withoutZeros(decimalText(data, i, field.type)));
    case "duration":
      return plainWriter(values) as WriteValue;
    case "text":
      return (i, out) => out.jsonString(data, offsets[i], offsets[i + 1]);
    case "list":
      return listWriter(values, float);
    case "map":
      return mapWriter(values, float);
    case "struct":
      return structWriter(values, float);
    case "null":
      return (_, out) => out.ascii("null");
  }
  return quoted(plainWriter(values) as WriteValue);
}

function quoted(write: WriteValue): WriteValue {
  return (i, out) => {
    out.ascii('"');
    write(i, out);
    out.ascii('"');
  };
}

/** Integers as their texts. */
export function integerTextWriter({ field: { type }, data }: ArrowValues): WriteValue {
  const views = viewsOf(data);
  return (i, out) => out.ascii(numberText(type.number as NonNullable<ArrowType["number"]>, views, i));
}

/** Values as text, as far as they have such a form; undefined for others. Nulls must not be asked for. */
export function plainWriter({ field, data, offsets }: ArrowValues): WriteValue | undefined {
  const { type } = field;
  const views = viewsOf(data);
  switch (type.kind) {
    case "text":
    case "bytes":
      return (i, out) => out.copy(data, offsets[i], offsets[i + 1]);
    case "uuid":
      return (i, out) => out.uuid(data, i * 16);
    case "decimal":
      return (i, out) => out.ascii(decimalText(data, i, type));
    case "duration":
      return (i, out) => out.ascii(String(views.int64[i]));
    case "date":
      return (i, out) =>
        out.ascii(dateText(type.unit === "day" ? views.int32[i] : Number(views.int64[i] / 86_400_000n)));
    case "time":
      return (i, out) => out.ascii(timeText(...inMillis(type, views, i)));
    case "timestamp":
      return (i, out) => out.ascii(timestampText(...inMillis(type, views, i)));
  }
  return undefined;
}

/** Dates as the local times at which their days begin. */
export function midnightWriter(values: ArrowValues): WriteValue {
  const writeDate = plainWriter(values) as WriteValue;
  return (i, out) => {
    writeDate(i, out);
    out.ascii("T00:00:00");
  };
}

type LeafType = Parameters<typeof timestampText>[0];

/** Seconds, which Parquet has not, as milliseconds; others as they are. */
function inMillis(type: ArrowType, views: NumberViews, index: number): [LeafType, NumberViews, number] {
  const leaf = { kind: type.kind, width: type.width, name: type.name, unit: type.unit, isUtc: type.isUtc } as LeafType;
  if (type.unit !== "s") return [leaf, views, index];
  const scaled = new Uint8Array(8);
  const one = viewsOf(scaled);
  if (type.width === 4) one.int32[0] = views.int32[index] * 1000;
  else one.int64[0] = views.int64[index] * 1000n;
  return [{ ...leaf, unit: "ms" }, one, 0];
}

function numberWriter({ field: { type }, data }: ArrowValues, float: WriteFloat): WriteValue {
  const views = viewsOf(data);
  const kind = type.number as NonNullable<ArrowType["number"]>;
  if (/int/.test(kind)) return (i, out) => out.ascii(numberText(kind, views, i));
  const read = numberReaders[kind];
  return (i, out) => float(read(views, i), out);
}

function listWriter({ children: [inside], offsets }: ArrowValues, float: WriteFloat): WriteValue {
  const write = jsonWriter(inside, float);
  return (i, out) => {
    out.ascii("[");
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      if (at > offsets[i]) out.ascii(",");
      write(at, out);
    }
    out.ascii("]");
  };
}

function structWriter({ field, children }: ArrowValues, float: WriteFloat): WriteValue {
  const members = children.map((child, i) => ({ key: field.children[i].name, write: jsonWriter(child, float) }));
  return (i, out) => {
    out.ascii("{");
    for (const [position, { key, write }] of members.entries()) {
      if (position > 0) out.ascii(",");
      out.text(`${JSON.stringify(key)}:`);
      write(i, out);
    }
    out.ascii("}");
  };
}

/** A list of pairs that stands for a map, such as sparse vectors are written as. */
export function isPairs({ type, children: [inside] }: ArrowField): boolean {
  if (type.kind !== "list" || inside.type.kind !== "struct" || inside.children.length !== 2) return false;
  const [key, value] = inside.children;
  return (key.name === "key" || key.name === "index") && value.name === "value";
}

/** As `jsonWriter`, of lists of pairs. */
export function pairsWriter(values: ArrowValues): WriteValue {
  const { validity } = values;
  const write = mapWriter(values, finiteFloat);
  return (i, out) => (validity?.[i] === 0 ? out.ascii("null") : write(i, out));
}

/** An object, whose keys are texts whatever they were. */
function mapWriter({ children: [entries], offsets }: ArrowValues, float: WriteFloat): WriteValue {
  const [keys, values] = entries.children;
  const writeValue = jsonWriter(values, float);
  const writeText = keys.field.type.kind === "text" ? jsonWriter(keys) : quoted(jsonWriter(keys));
  return (i, out) => {
    out.ascii("{");
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      if (at > offsets[i]) out.ascii(",");
      if (keys.validity?.[at] === 0) throw new RangeError("a key of the map is null");
      writeText(at, out);
      out.ascii(":");
      writeValue(at, out);
    }
    out.ascii("}");
  };
}

/** The number in full, without exponent: `-0.50`. Source: Arrow, decimals are little-endian two's complement. */
function decimalText(data: Uint8Array, index: number, { width, scale = 0 }: ArrowType): string {
  let unscaled = 0n;
  for (let at = (index + 1) * width - 1; at >= index * width; at--) unscaled = (unscaled << 8n) | BigInt(data[at]);
  unscaled = BigInt.asIntN(width * 8, unscaled);
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Whole numbers are written as such, for fields of integers. */
function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
