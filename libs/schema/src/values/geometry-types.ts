/** Codes of ISO WKB (OGC 06-103r4), by name in WKT. */
export const typeCodes: ReadonlyMap<string, number> = new Map([
  ["POINT", 1],
  ["LINESTRING", 2],
  ["POLYGON", 3],
  ["MULTIPOINT", 4],
  ["MULTILINESTRING", 5],
  ["MULTIPOLYGON", 6],
  ["GEOMETRYCOLLECTION", 7],
]);
export const typeNames: ReadonlyMap<number, string> = new Map([...typeCodes].map(([name, code]) => [code, name]));

export const [POINT, LINE, POLYGON, MULTI_POINT, MULTI_LINE, MULTI_POLYGON] = [1, 2, 3, 4, 5, 6];

/** Beside x and y: thousands of a WKB type code, by the tag of WKT. */
export const tagCodes: ReadonlyMap<string, number> = new Map([
  ["", 0],
  ["Z", 1],
  ["M", 2],
  ["ZM", 3],
]);
export const tagNames: readonly string[] = [...tagCodes.keys()];
/** Coordinates of a point, by tag code. */
export const tagDimensions: readonly number[] = [2, 3, 3, 4];

/** Collections may hold collections, this deep. */
export const GEOMETRY_DEPTH_LIMIT = 64;
