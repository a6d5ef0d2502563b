import {
  closingQuote,
  decodeText,
  isKey,
  type JsonStep,
  jsonPath,
  nextMember,
  skipBlanks,
  skipValue,
  valueAfterKey,
} from "@sluice/values";
import { utf8 } from "./constant.ts";

const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;
const empty = utf8("{}");

/**
 * A `$meta` cell (JSON text of one object) reduced to the requested keys, in the order of the cell. Keys and values are
 * copied as they are written, so that 19-digit integers survive. Keys that the row lacks stay absent; of a repeated key the
 * first counts.
 */
export function projectMeta(cell: Uint8Array, keys: readonly string[]): Uint8Array {
  return metaProjection(keys)(cell);
}

/** `projectMeta` for many cells. */
export function metaProjection(keys: readonly string[]): (cell: Uint8Array) => Uint8Array {
  const steps = jsonPath([...new Set(keys)].map((text) => ({ text })));
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const stepAt: StepAt =
    steps.length <= FEW_KEYS
      ? (cell, start, end) => steps.find((step) => isKey(cell, start, end, step))
      : (cell, start, end) => byKey.get(decodeText(cell, start, end));
  return (cell) => project(cell, steps.length, stepAt);
}

/** So many keys are compared faster than looked up. */
const FEW_KEYS = 8;

/** The step whose key stands between the quotes, if any. */
type StepAt = (cell: Uint8Array, start: number, end: number) => JsonStep | undefined;

function project(cell: Uint8Array, wanted: number, stepAt: StepAt): Uint8Array {
  const found = new Set<JsonStep>();
  const parts: Uint8Array[] = [];
  const end = cell.length;
  let at = skipBlanks(cell, 0, end);
  if (cell[at] !== OPEN_OBJECT) return empty;
  at = skipBlanks(cell, at + 1, end);
  while (at < end && cell[at] === QUOTE && found.size < wanted) {
    const keyEnd = closingQuote(cell, at + 1, end);
    const value = valueAfterKey(cell, keyEnd, end);
    const step = stepAt(cell, at + 1, keyEnd);
    if (step && !found.has(step)) {
      found.add(step);
      parts.push(cell.subarray(at, skipValue(cell, value, end)));
    }
    at = nextMember(cell, value, end);
  }
  return parts.length === 0 ? empty : enclose(parts);
}

function enclose(parts: readonly Uint8Array[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const part of parts) pieces.push(utf8(pieces.length === 0 ? "{" : ","), part);
  return Buffer.concat([...pieces, utf8("}")]);
}
