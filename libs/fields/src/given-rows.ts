import type { FieldSchema } from "@sluice/schema";

/** Which rows there are, and which of them have values: one byte each, 0 = null; absent = all. */
export interface GivenRows {
  readonly rowCount: number;
  readonly valid: Uint8Array | undefined;
}

/**
 * Which of the values is each row's, -1 for a null; undefined: all rows have values, in order.
 * @throws {RangeError} for too few values, too many, and nulls of a field that cannot have any
 */
export function placesOf(field: FieldSchema, count: number, { rowCount, valid }: GivenRows): Int32Array | undefined {
  if (!valid) {
    if (count === rowCount) return undefined;
    throw new RangeError(`field '${field.name}' has ${count} values for ${rowCount} rows`);
  }
  const places = new Int32Array(rowCount);
  let validCount = 0;
  for (let row = 0; row < rowCount; row++) places[row] = valid[row] === 0 ? -1 : validCount++;
  if (count !== rowCount && count !== validCount)
    throw new RangeError(
      `field '${field.name}' has ${count} values for ${rowCount} rows, ${validCount} of them not null`,
    );
  if (count === rowCount) for (let row = 0; row < rowCount; row++) if (places[row] >= 0) places[row] = row;
  return places;
}
