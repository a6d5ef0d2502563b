import { isUtf8 } from "node:buffer";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { checkSparseCell, looksLikeWkb, normalWkb, parseSparseJson, parseTimestamptz, wktToWkb } from "@sluice/values";
import { geometryRefused } from "./plan/refusals.ts";
import { jsonCell } from "./rows/json/json-cell.ts";

/**
 * The value that a text stands for, in column encoding, for fields whose values are not text themselves: Geometry (WKT, and
 * well-known binary where bytes come), Timestamptz (ISO 8601), sparse vectors, dense vectors and arrays (JSON). What it
 * answers is valid until the next call. @throws {RangeError} with the reason, as the user reads it
 */
export function cellOfText(schema: CollectionSchema, field: FieldSchema): (text: Uint8Array) => Uint8Array {
  switch (field.dataType) {
    case DataType.Geometry:
      return (bytes) => geometryOf(field, bytes);
    case DataType.Timestamptz:
      return timeOf(schema.timezone);
    case DataType.SparseFloatVector:
      return parseSparseJson;
    default:
      return jsonCell(schema, field);
  }
}

const [OPEN, CLOSE] = [0x7b, 0x7d];

/**
 * A sparse vector of a column of bytes: text in JSON as programs write it that know no other strings, or the pairs of index and
 * value that Milvus Lite stores. Valid until the next call. @throws {RangeError} with the reason
 */
export function sparseOfBytes(bytes: Uint8Array): Uint8Array {
  const [first, last] = [bytes.find((byte) => byte > 0x20), bytes.findLast((byte) => byte > 0x20)];
  const isObject = first === OPEN && last === CLOSE && isUtf8(bytes);
  return isObject ? parseSparseJson(bytes) : checkSparseCell(bytes);
}

function geometryOf(field: FieldSchema, bytes: Uint8Array): Uint8Array {
  const isBinary = looksLikeWkb(bytes);
  const text = isBinary ? "" : Buffer.from(bytes).toString();
  try {
    return isBinary ? normalWkb(bytes) : wktToWkb(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const what = isBinary ? `field '${field.name}' of type 'Geometry'` : geometryRefused(field.name, text);
    throw new RangeError(`${what}: ${error.message}`);
  }
}

/** @param zone of times without offset */
function timeOf(zone: string): (text: Uint8Array) => Uint8Array {
  const micros = new BigInt64Array(1);
  const cell = new Uint8Array(micros.buffer);
  return (text) => {
    micros[0] = parseTimestamptz(Buffer.from(text).toString(), zone);
    return cell;
  };
}
