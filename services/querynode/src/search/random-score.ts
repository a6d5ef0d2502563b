import { type Column, isNull, views } from "@sluice/columns";
import { excerpt } from "@sluice/errors";
import { type CollectionSchema, DataType, dataTypeName, fieldIndex } from "@sluice/schema";
import { refuse } from "./metrics.ts";
import type { SearchSources } from "./search-sources.ts";
import type { Hit } from "./top-hits.ts";

// Numbers that look drawn, and are the same for the same row and seed. Source: Milvus, internal/core/src/rescores (Scorer.cpp, Murmur3.c).

/** What numbers of hits are drawn by. */
export interface RandomScore {
  readonly seed: bigint;
  /** Position of the field whose value is hashed; undefined: the row's place in its segment is. */
  readonly field: number | undefined;
}

const known: ReadonlySet<string> = new Set(["seed", "field"]);

/**
 * `random_score` of a boost ranker.
 * @param text JSON: `{"seed": 126, "field": "id"}`, both as one likes; without a seed each search draws one
 * @throws {StatusError} 1100
 */
export function randomScoreOf(text: string, collection: CollectionSchema): RandomScore {
  const given = parsed(text);
  const other = Object.keys(given).find((key) => !known.has(key));
  if (other !== undefined)
    refuse(`random_score has no parameter ${excerpt(other)}: give seed, field or none: invalid parameter`);
  return {
    seed: given.seed === undefined ? drawnSeed() : seedIn(given.seed),
    field: given.field === undefined ? undefined : fieldIn(given.field, collection),
  };
}

/** Integers are bigints: seeds have 64 bits. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  const exact = (_key: string, value: unknown, { source = "" }: { source?: string }) =>
    typeof value === "number" && /^-?\d{1,19}$/.test(source) ? BigInt(source) : value;
  try {
    const value = (JSON.parse as (text: string, reviver: typeof exact) => unknown)(text, exact);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  return refuse(`random_score is no JSON object: ${excerpt(text)}: invalid parameter`);
}

function drawnSeed(): bigint {
  return BigInt(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
}

function seedIn(seed: unknown): bigint {
  if (typeof seed === "bigint" && BigInt.asIntN(64, seed) === seed) return seed;
  if (typeof seed === "number" || typeof seed === "bigint")
    return refuse(`random seed must be an integer of 64 bits, but got ${seed}: invalid parameter`);
  return refuse("random seed must be number: invalid parameter");
}

function fieldIn(name: unknown, collection: CollectionSchema): number {
  if (typeof name !== "string") return refuse("random seed field name must be string: invalid parameter");
  const index = fieldIndex(collection, name);
  if (index < 0) return refuse(`random seed field not found: field not found[field=${excerpt(name)}]`);
  const { dataType } = collection.fields[index];
  if (dataType !== DataType.Int64)
    refuse(`only support int64 field as random seed, but got ${dataTypeName(dataType)}: invalid parameter`);
  return index;
}

/** From 0 to 1, in float32 as Milvus has it. @param key of any size: its lower 64 bits count */
export function randomNumber(key: bigint, seed: bigint): number {
  const bits = new BigUint64Array([(0x3ffn << 52n) | (hash(asUint(key), asUint(seed)) & 0xfffffffffffffn)]);
  return Math.fround(new Float64Array(bits.buffer)[0] - 1);
}

/** What stands for a hit where no field does: its place in a part of a segment. */
export function placeKey(sources: SearchSources, { source, row }: Hit): bigint {
  const { segmentId, insertLogs } = sources.parts[source];
  return segmentId + insertLogs[0].logIds[0] + BigInt(sources.rowAt(source, row));
}

/** What stands for a row where a field does; Milvus keeps 0 where nothing is. */
export function valueKey(column: Column, row: number): bigint {
  return column.kind !== "fixed" || isNull(column, row) ? 0n : views.int64(column, row + 1)[row];
}

const asUint = (value: bigint) => BigInt.asUintN(64, value);
const rotated = (x: bigint, bits: bigint) => asUint((x << bits) | (x >> (64n - bits)));

/** MurmurHash3 of 128 bits of one block, key and seed, whose second half begins with the seed and the first with both. */
function hash(key: bigint, seed: bigint): bigint {
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  let h1 = key ^ seed ^ asUint(rotated(asUint(key * c1), 31n) * c2);
  h1 = asUint((rotated(h1, 27n) + seed) * 5n + 0x52dce729n);
  let h2 = seed ^ asUint(rotated(asUint(seed * c2), 33n) * c1);
  h2 = asUint((rotated(h2, 31n) + h1) * 5n + 0x38495ab5n);
  h1 = asUint((h1 ^ 16n) + (h2 ^ 16n));
  h2 = asUint((h2 ^ 16n) + h1);
  return asUint(mixed(h1) + mixed(h2));
}

function mixed(k: bigint): bigint {
  const one = asUint((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn);
  const two = asUint((one ^ (one >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return two ^ (two >> 33n);
}
