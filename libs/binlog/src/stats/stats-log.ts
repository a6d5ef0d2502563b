import { DataType } from "@sluice/schema";
import { type ExactJson, type ExactObject, isExactObject, parseExactJson } from "../exact-json.ts";
import { malformed } from "../malformed.ts";
import { BloomFilter } from "./bloom-filter.ts";

/** Of Int64 and of VarChar. */
export type PrimaryKey = bigint | string;

/** What is known of the primary keys of some rows: usually those of one segment. */
export interface PrimaryKeyStats {
  readonly fieldId: number;
  /** Int64 or VarChar. */
  readonly pkType: DataType;
  /** Inclusive; text compares by its UTF-8 bytes. */
  readonly minPk: PrimaryKey;
  readonly maxPk: PrimaryKey;
  /** Undefined: a kind of filter that this program cannot read, so every key may be there. */
  readonly bloom: BloomFilter | undefined;
}

/** Number of a `BasicBloomFilter`; others are Blocked (4) and always true (2). */
const basicBloomFilter = 3n;

/**
 * One object of a stats log, byte for byte as Milvus 2.3 writes it: binlog format, §6.1.
 * @param take memory for it, of any content: megabytes
 * @throws {RangeError} without a filter: a log must have one
 */
export function encodeStatsLog(
  { fieldId, pkType, minPk, maxPk, bloom }: PrimaryKeyStats,
  take: (length: number) => Uint8Array<ArrayBuffer> = Buffer.allocUnsafe,
): Uint8Array<ArrayBuffer> {
  if (!bloom) throw new RangeError("stats log without a bloom filter");
  const head = `{"fieldID":${fieldId},"max":0,"min":0,"bf":{"m":${bloom.bitCount},"k":${bloom.hashCount},"b":"`;
  const tail = `"},"pkType":${pkType},"maxPk":${encodeKey(maxPk)},"minPk":${encodeKey(minPk)}}`;
  const ends = [head, tail].map((text) => Buffer.from(text));
  const bytes = take(ends[0].length + bloom.encodedLength + ends[1].length);
  bytes.set(ends[0]);
  bloom.encodeInto(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), ends[0].length);
  bytes.set(ends[1], bytes.length - ends[1].length);
  return bytes;
}

/** Go escapes what could end a script element, too. */
function encodeKey(key: PrimaryKey): string {
  if (typeof key === "bigint") return key.toString();
  const escapeChar = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(key).replace(/[<>&\u2028\u2029]/g, escapeChar);
}

/**
 * Reads a stats log, compound or not.
 * @throws {ImportError} `malformed_file`
 */
export function decodeStatsLog(bytes: Uint8Array): PrimaryKeyStats[] {
  const json = parseExactJson(Buffer.from(bytes).toString(), "stats log");
  return (Array.isArray(json) ? json : [json]).map(decodeStats);
}

function decodeStats(json: ExactJson): PrimaryKeyStats {
  if (!isExactObject(json) || typeof json.fieldID !== "bigint") throw malformed("stats log has no integer fieldID");
  const pkType = json.pkType === BigInt(DataType.VarChar) ? DataType.VarChar : DataType.Int64;
  return {
    fieldId: Number(json.fieldID),
    pkType,
    minPk: decodeKey(json.minPk ?? json.min, pkType),
    maxPk: decodeKey(json.maxPk ?? json.max, pkType),
    bloom: decodeFilter(json),
  };
}

function decodeKey(key: ExactJson | undefined, pkType: DataType): PrimaryKey {
  const expected = pkType === DataType.Int64 ? "bigint" : "string";
  if ((typeof key === "bigint" || typeof key === "string") && typeof key === expected) return key;
  throw malformed(`stats log has a ${typeof key} as bound of its keys, expected type ${pkType}`);
}

function decodeFilter({ bf, bfType }: ExactObject): BloomFilter | undefined {
  if (bfType !== undefined && bfType !== basicBloomFilter) return undefined;
  if (!isExactObject(bf)) return undefined;
  const { m, k, b } = bf;
  if (typeof m !== "bigint" || typeof k !== "bigint" || typeof b !== "string")
    throw malformed("stats log has an odd bloom filter");
  return BloomFilter.decode(Number(m), Number(k), b);
}
