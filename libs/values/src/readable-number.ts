import { excerptOfBytes } from "@sluice/errors";

/** Longest number: more digits than any number type of any client keeps. */
export const MAX_NUMBER_BYTES = 1024;
/** Numbers that are shorter and have no exponent are below the greatest double. */
const SAFE_NUMBER_BYTES = 308;

/** Can the number between the offsets, by the grammar one, be read back as something else than infinity? */
export function isReadableNumber(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > MAX_NUMBER_BYTES) return false;
  if (length <= SAFE_NUMBER_BYTES && !hasExponent(bytes, start, end)) return true;
  return Number.isFinite(Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("latin1")));
}

function hasExponent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = end - 1; at > start; at--) if ((bytes[at] | 0x20) === 0x65) return true;
  return false;
}

/** Why a number is not `isReadableNumber`. */
export function numberProblem(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > MAX_NUMBER_BYTES) return `a number has ${end - start} characters, more than ${MAX_NUMBER_BYTES}`;
  const number = excerptOfBytes(bytes.subarray(start, end));
  return `the number ${number} is beyond the greatest double: clients could not read it back`;
}
