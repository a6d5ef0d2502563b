/** What the one member of an object says of its value. Source: MongoDB Extended JSON (v2), canonical and relaxed. */
const wrappers: Readonly<Record<string, (value: unknown) => unknown>> = {
  $oid: (value) => value,
  $symbol: (value) => value,
  $uuid: (value) => value,
  $numberInt: integerOf,
  $numberLong: integerOf,
  $numberDouble: Number,
  $numberDecimal: Number,
  $date: (value) => (typeof value === "string" ? value : new Date(Number(plainValue(value))).toISOString()),
};

/** A value that MongoDB has wrapped, and those in it, as an import takes them. */
export function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value);
  const [name, inner] = members[0] ?? [];
  if (members.length === 1 && Object.hasOwn(wrappers, name)) return wrappers[name](inner);
  return Object.fromEntries(members.map(([key, member]) => [key, plainValue(member)]));
}

function integerOf(value: unknown): unknown {
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : value;
}
