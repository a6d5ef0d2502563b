import type { CanonicalRow } from "../canonical-rows.ts";

/** What the one member of an object says of its value. Source: MongoDB Extended JSON (v2), canonical and relaxed. */
const wrappers: Readonly<Record<string, (value: unknown) => unknown>> = {
  $oid: (value) => value,
  $symbol: (value) => value,
  $uuid: (value) => value,
  $numberInt: Number,
  $numberLong: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : { $int: String(value) }),
  $numberDouble: Number,
  $numberDecimal: Number,
  $date: (value) => (typeof value === "string" ? value : new Date(Number(unwrappedValue(value))).toISOString()),
};

/** A row of a sample whose values MongoDB has wrapped, as an import takes them. */
export function unwrapped(row: CanonicalRow): CanonicalRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, unwrappedValue(value)])) as CanonicalRow;
}

function unwrappedValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const [[name, inner] = ["", undefined], ...others] = Object.entries(value);
  return others.length === 0 && Object.hasOwn(wrappers, name) ? wrappers[name](inner) : value;
}
