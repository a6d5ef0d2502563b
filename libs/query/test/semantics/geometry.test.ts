import { describe, expect, it, test } from "@jest/globals";
import { refusal, truth } from "../collection.ts";

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.10 st_dwithin", () => {
  const geometries = [
    "POINT (0 1)",
    "LINESTRING (-5 2, 5 2)",
    "POLYGON ((-4 -4, 4 -4, 4 4, -4 4, -4 -4), (-1 -1, 1 -1, 1 1, -1 1, -1 -1))",
    "MULTIPOINT (9 9, 0 3)",
    "GEOMETRYCOLLECTION (POINT EMPTY, POLYGON ((2 -1, 3 -1, 3 1, 2 1, 2 -1)))",
    "POINT EMPTY",
  ];
  const rows = [...geometries.map((geo) => ({ geo })), {}];
  const degree = 111_320;
  test.each<[point: string, metres: number | string, truths: string]>([
    // Along a meridian a degree of the great circle is 111,194.9 m.
    ["POINT (0 0)", 111_194, "FFFFFFU"],
    ["POINT (0 0)", 111_195, "TFFFFFU"],
    ["POINT (0 0)", degree, "TFTFFFU"],
    ["POINT (0 0)", 2 * degree, "TTTFTFU"],
    ["POINT (0 0)", 3 * degree, "TTTTTFU"],
    ["POINT (0 0)", 1e12, "TTTTTFU"],
    ["POINT (3 3)", 0, "FFTFFFU"],
    ["POINT (4 -4)", 0, "FFTFFFU"],
    ["POINT (2.5 0)", "0.0", "FFTFTFU"],
    ["point(0 1)", 0, "TFTFFFU"],
  ])("%s, %s", (point, metres, truths) => {
    expect(truth(`ST_DWITHIN(geo, '${point}', ${metres})`, rows)).toBe(truths);
    const templates = { p: point, m: Number(metres) };
    expect(truth("st_dwithin(geo, {p}, {m})", rows, { templates })).toBe(truths);
  });

  it("counts degrees by their mean length at the latitude that is asked for", () => {
    const factor = degree * Math.sqrt((1 + Math.cos(Math.PI / 3) ** 2) / 2);
    const line = [{ geo: "LINESTRING (0 60, 0 61)" }];
    expect(truth(`st_dwithin(geo, 'POINT (2 60)', ${2 * factor - 1})`, line)).toBe("F");
    expect(truth(`st_dwithin(geo, 'POINT (2 60)', ${2 * factor + 1})`, line)).toBe("T");
  });

  test.each<[string, string]>([
    [
      "st_dwithin(s, 'POINT (1 1)', 1)",
      "spatial operation are only supported on geometry fields now, got: s at column 11",
    ],
    [
      "st_dwithin(geo, 'LINESTRING (0 0, 1 1)', 1)",
      "st_dwithin measures from a POINT with coordinates, but got: 'LINESTRING (0 0, 1 1)' at column 16",
    ],
    [
      "st_dwithin(geo, 'POINT EMPTY', 1)",
      "st_dwithin measures from a POINT with coordinates, but got: 'POINT EMPTY' at column 16",
    ],
    [
      "st_dwithin(geo, 'POINT (1 1)', -1)",
      "the distance of st_dwithin must be a number of metres that is not negative at column 31",
    ],
    [
      "st_dwithin(geo, 'POINT (1 1)', 'x')",
      "the distance of st_dwithin must be a number of metres that is not negative at column 31",
    ],
    ["st_dwithin(geo, 'POINT (1 1)')", "function st_dwithin expects 3 arguments, but got 2 at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});

describe("§2.10 st_equals", () => {
  const geometries = [
    "POINT (10 10)",
    "LINESTRING (0 0, 1 1, 2 0)",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 1))",
    "MULTIPOINT (1 1, 2 2)",
    "POINT EMPTY",
  ];
  const rows = [...geometries.map((geo) => ({ geo })), {}];
  test.each<Case>([
    ["ST_EQUALS(geo, 'POINT (10.00 10.00)')", "TFFFFU"],
    ["st_equals(geo, 'point(1e1 10)')", "TFFFFU"],
    ["st_equals(geo, 'LINESTRING (2 0, 1 1, 0 0)')", "FTFFFU"],
    ["st_equals(geo, 'LINESTRING (0 0, 2 0, 1 1)')", "FFFFFU"],
    ["st_equals(geo, 'POLYGON ((4 4, 4 0, 0 0, 0 4, 4 4), (2 2, 2 1, 1 1, 2 2))')", "FFTFFU"],
    ["st_equals(geo, 'MULTIPOINT ((2 2), (1 1))')", "FFFTFU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  it("refuses other fields and text that is no geometry", () => {
    expect(refusal("st_equals(s, 'POINT (1 1)')")).toBe(
      "spatial operation are only supported on geometry fields now, got: s at column 10",
    );
    expect(refusal("st_equals(geo, 'POINT(1')")).toMatch(/^invalid geometry 'POINT\(1'/);
    expect(refusal("st_equals(geo, 1)")).toBe("the geometry of st_equals must be WKT text at column 15");
  });
});
