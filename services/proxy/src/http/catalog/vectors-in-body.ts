import { StatusError, statusCodes } from "@sluice/errors";
import { common, schema } from "@sluice/rpc";
import { encodeSparseCell, float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";

const { DataType } = schema;

/** Vectors of a search as gRPC clients send them. @throws {StatusError} 1801 for what is no vector of the field */
export function placeholderGroup(vectors: readonly unknown[], field: schema.FieldSchema): Buffer {
  // Of what a function computes, the text is searched for that it computes it from.
  const isText = field.isFunctionOutput && vectors.length > 0 && vectors.every((one) => typeof one === "string");
  const { type, values } = isText
    ? { type: DataType.VarChar, values: vectors.map((one) => Buffer.from(String(one))) }
    : field.dataType === DataType.ArrayOfVector
      ? listsOrVectors(vectors, { ...field, dataType: field.elementType })
      : { type: field.dataType, values: vectors.map((one) => Buffer.from(vectorBytes(one, field))) };
  const placeholders = [{ tag: "$0", type: type as number as common.PlaceholderType, values }];
  return Buffer.from(common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders })).finish());
}

/** Types of lists of vectors stand so far behind those of their vectors: `EmbListFloatVector`. */
const LISTS = common.PlaceholderType.EmbListFloatVector - common.PlaceholderType.FloatVector;

/** What is compared with rows' lists of vectors: a vector a query, or a list of them. */
function listsOrVectors(queries: readonly unknown[], member: schema.FieldSchema) {
  const isList = (query: unknown): query is unknown[] =>
    Array.isArray(query) && query.some((one) => typeof one !== "number");
  if (!queries.some(isList))
    return { type: member.dataType, values: queries.map((one) => Buffer.from(vectorBytes(one, member))) };
  const values = queries.map((query) => {
    if (!isList(query)) throw refused(member.name);
    return Buffer.concat(query.map((one) => vectorBytes(one, member)));
  });
  return { type: member.dataType + LISTS, values };
}

function vectorBytes(vector: unknown, { name, dataType }: schema.FieldSchema): Uint8Array {
  if (dataType === DataType.SparseFloatVector) return sparseBytes(vector, name);
  if (typeof vector === "string" && dataType !== DataType.FloatVector) return Buffer.from(vector, "base64");
  if (!Array.isArray(vector) || !vector.every((number) => typeof number === "number")) throw refused(name);
  switch (dataType) {
    case DataType.FloatVector:
      return bytesOf(Float32Array.from(vector));
    case DataType.Float16Vector:
      return bytesOf(Uint16Array.from(vector, float32ToFloat16Bits));
    case DataType.BFloat16Vector:
      return bytesOf(Uint16Array.from(vector, float32ToBfloat16Bits));
    case DataType.Int8Vector:
      return bytesOf(Int8Array.from(vector));
    case DataType.BinaryVector:
      return Uint8Array.from(vector);
    default:
      throw refused(name);
  }
}

/** `{"1": 0.5}`, or `{"indices": [1], "values": [0.5]}`. */
function sparseBytes(vector: unknown, name: string): Uint8Array {
  if (typeof vector !== "object" || vector === null || Array.isArray(vector)) throw refused(name);
  const { indices, values } = vector as { indices?: unknown; values?: unknown };
  const pairs =
    Array.isArray(indices) && Array.isArray(values)
      ? indices.map((index, i) => [Number(index), Number(values[i])])
      : Object.entries(vector).map(([index, value]) => [Number(index), Number(value)]);
  pairs.sort(([a], [b]) => a - b);
  try {
    return encodeSparseCell(pairs.map(([index]) => index), pairs.map(([, value]) => value)); // biome-ignore format: one call
  } catch (error) {
    throw new StatusError(statusCodes.invalidParameter, `${name}: ${(error as Error).message}`);
  }
}

function bytesOf(numbers: ArrayBufferView): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function refused(name: string): StatusError {
  const reason = `can only accept json format request, error: data holds what is no vector of the type of ${name}`;
  return new StatusError(1801, reason);
}
