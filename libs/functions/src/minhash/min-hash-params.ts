import type { FunctionSchema } from "@sluice/schema";

/** How a MinHash function makes its signatures. Source: around-import §4.9. */
export interface MinHashParams {
  readonly numHashes: number;
  /** Bytes or tokens of a shingle. */
  readonly shingleSize: number;
  readonly hashFunction: "xxhash64" | "sha1";
  readonly tokenLevel: "word" | "char";
  readonly seed: bigint;
}

/** A parameter that is none, or has a value that it cannot have. */
export class MinHashParamError extends Error {}

const known = ["num_hashes", "shingle_size", "hash_function", "token_level", "seed"];
/** Bits of a hash in the signature. */
const HASH_BITS = 32;
const MAX_SHINGLE = 65_535;

/** @param dim of the output, in bits @throws {MinHashParamError} */
export function minHashParams(params: FunctionSchema["params"], dim: number): MinHashParams {
  const unknown = Object.keys(params).find((key) => !known.includes(key.toLowerCase()));
  if (unknown !== undefined)
    throw new MinHashParamError(`unknown parameter ${unknown} of a MinHash function: it has ${known.join(", ")}`);
  const values = new Map(Object.entries(params).map(([key, value]) => [key.toLowerCase(), value]));
  const numHashes = integer(values, "num_hashes", Math.floor(dim / HASH_BITS), dim);
  if (numHashes < 1 || numHashes * HASH_BITS !== dim)
    throw new MinHashParamError(
      `the dim of a MinHash function's output must be ${HASH_BITS} * num_hashes: dim is ${dim}, num_hashes ${numHashes}`,
    );
  return {
    numHashes,
    shingleSize: integer(values, "shingle_size", 3, MAX_SHINGLE),
    hashFunction: oneOf(values, "hash_function", ["xxhash64", "sha1"]),
    tokenLevel: oneOf(values, "token_level", ["word", "char"]),
    seed: BigInt(integer(values, "seed", 1234, Number.MAX_SAFE_INTEGER)),
  };
}

function integer(values: ReadonlyMap<string, string>, name: string, otherwise: number, max: number): number {
  const text = values.get(name);
  if (text === undefined) return otherwise;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  const min = name === "seed" ? 0 : 1;
  if (value >= min && value <= max) return value;
  throw new MinHashParamError(`${name} of a MinHash function must be an integer from ${min} to ${max}, found ${text}`);
}

function oneOf<Value extends string>(
  values: ReadonlyMap<string, string>,
  name: string,
  options: readonly [Value, Value],
): Value {
  const text = values.get(name)?.toLowerCase() ?? options[0];
  const found = options.find((option) => option === text);
  if (found) return found;
  throw new MinHashParamError(`${name} of a MinHash function must be ${options.join(" or ")}, found ${text}`);
}
