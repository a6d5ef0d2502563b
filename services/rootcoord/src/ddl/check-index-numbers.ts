import { excerpt } from "@sluice/errors";
import { invalid } from "./refusals.ts";

/** Bounds of a build parameter. Integers: both inclusive. */
type Bound =
  | { readonly key: string; readonly kind: "int"; readonly min: number; readonly max: number }
  | { readonly key: string; readonly kind: "ratio" }
  | { readonly key: string; readonly kind: "float"; readonly min: number; readonly max: number };

const MAX_INT32 = 2_147_483_647;

/** Source: around-import §5.2. */
const bounds: readonly (readonly [types: RegExp, bounds: readonly Bound[]])[] = [
  [/^(BIN_|GPU_)?IVF_|^SCANN$/, [{ key: "nlist", kind: "int", min: 1, max: 65_536 }]],
  [
    /IVF_PQ$/,
    [
      { key: "m", kind: "int", min: 1, max: MAX_INT32 },
      { key: "nbits", kind: "int", min: 1, max: 24 },
    ],
  ],
  [
    /^HNSW/,
    [
      { key: "M", kind: "int", min: 2, max: 2048 },
      { key: "efConstruction", kind: "int", min: 1, max: MAX_INT32 },
    ],
  ],
  [/^DISKANN$/, [{ key: "search_list_size", kind: "int", min: 1, max: MAX_INT32 }]],
  [
    /^SPARSE_/,
    [
      { key: "drop_ratio_build", kind: "ratio" },
      { key: "bm25_k1", kind: "float", min: 0, max: 3 },
      { key: "bm25_b", kind: "float", min: 0, max: 1 },
    ],
  ],
];

const sparseAlgorithms = ["TAAT_NAIVE", "DAAT_WAND", "DAAT_MAXSCORE", "BLOCK_MAX_WAND", "BLOCK_MAX_MAXSCORE", "SINDI"];

/**
 * Checks the build parameters that an index type knows; those that are absent have defaults, others are free.
 * @throws {StatusError} 1100
 */
export function checkNumbers(type: string, flat: ReadonlyMap<string, string>, dim: number): void {
  for (const bound of bounds.flatMap(([types, list]) => (types.test(type) ? list : []))) {
    const text = flat.get(bound.key);
    if (text === undefined) continue;
    if (bound.kind === "int") checkInteger(bound.key, text, bound.min, bound.max);
    else if (bound.kind === "float") checkFloat(bound.key, text, bound.min, bound.max);
    else checkRatio(bound.key, text);
  }
  const m = flat.get("m");
  if (type.endsWith("IVF_PQ") && m !== undefined && dim % Number(m) !== 0) {
    throw invalid("The dimension of the vector (dim) should be a multiple of the number of subquantizers (m).");
  }
  const algorithm = flat.get("inverted_index_algo");
  if (type.startsWith("SPARSE_") && algorithm !== undefined && !sparseAlgorithms.includes(algorithm)) {
    throw invalid(
      `sparse inverted index algo ${algorithm} not found or not supported, supported: [${sparseAlgorithms.join(" ")}]`,
    );
  }
}

/** @throws {StatusError} 1100 unless the text is an integer of the range, both ends inclusive */
export function checkInteger(key: string, text: string, min: number, max: number): void {
  if (!/^[+-]?\d+$/.test(text)) {
    const isNumber = text.trim() !== "" && Number.isFinite(Number(text));
    throw invalid(
      isNumber
        ? `wrong data type in json, key: '${key}', value: '${excerpt(text)}'`
        : `invalid integer value, key: '${key}', value: '${excerpt(text)}'`,
    );
  }
  if (Number(text) >= min && Number(text) <= max) return;
  throw invalid(`Out of range in json: param '${key}' (${excerpt(text)}) should be in range [${min}, ${max}]`);
}

function floatIn(key: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw invalid(`invalid float value, key: '${key}', value: '${excerpt(text)}'`);
  return value;
}

function checkFloat(key: string, text: string, min: number, max: number): void {
  const value = floatIn(key, text);
  if (value >= min && value <= max) return;
  const range = `[${min.toFixed(6)}, ${max.toFixed(6)}]`;
  throw invalid(`Out of range in json: param '${key}' (${excerpt(text)}) should be in range ${range}`);
}

function checkRatio(key: string, text: string): void {
  const value = floatIn(key, text);
  if (value >= 0 && value < 1) return;
  const shown = Number.isInteger(value) ? value.toFixed(1) : String(value);
  throw invalid(`Out of range in json: param '${key}' (${shown}) should be in range [0.000000, 1.000000)`);
}
