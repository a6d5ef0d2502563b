import { describe, expect, it } from "@jest/globals";
import { looksLikeWkb, normalWkb, wkbToWkt, wktToWkb } from "@sluice/values";
import fc from "fast-check";

const hex = (text: string) => Buffer.from(wktToWkb(text)).toString("hex");

/** The same geometry, first byte first. */
function bigEndian(wkb: Uint8Array): Uint8Array {
  const out = Buffer.from(wkb);
  let at = 0;
  const swap = (bytes: number) => out.subarray(at, (at += bytes)).reverse();
  const uint32 = () => Buffer.from(swap(4)).readUInt32BE();
  const points = (count: number) => {
    for (let i = 0; i < 2 * count; i++) swap(8);
  };
  const geometry = (): void => {
    out[at++] = 0;
    const type = uint32();
    const count = type === 1 ? 1 : uint32();
    if (type <= 2) points(count);
    else for (let i = 0; i < count; i++) (type === 3 ? () => points(uint32()) : geometry)();
  };
  geometry();
  return out;
}

describe("geometries", () => {
  it.each([
    ["POINT (10 10)", "010100000000000000000024400000000000002440"],
    ["POINT EMPTY", "0101000000000000000000f87f000000000000f87f"],
    ["LINESTRING (1 2, 3 4)", "010200000002000000000000000000f03f000000000000004000000000000008400000000000001040"],
    ["POLYGON EMPTY", "010300000000000000"],
    ["GEOMETRYCOLLECTION (MULTIPOINT ((0 0)))", `0107000000010000000104000000010000000101000000${"0".repeat(32)}`],
  ])("%s", (text, wkb) => {
    expect(hex(text)).toBe(wkb);
    expect(wkbToWkt(Buffer.from(wkb, "hex"))).toBe(text);
  });

  it.each([
    ["point(10.00 1e1)", "POINT (10 10)"],
    [" LineString\n( 1 2 ,3 4 ) ", "LINESTRING (1 2, 3 4)"],
    [
      "polygon((30 10,40 40,20 40,10 20,30 10),(20 30,35 35,30 20))",
      "POLYGON ((30 10, 40 40, 20 40, 10 20, 30 10), (20 30, 35 35, 30 20))",
    ],
    ["MULTIPOINT (1 1, 2 2)", "MULTIPOINT ((1 1), (2 2))"],
    ["MULTIPOINT ((1 1), EMPTY, 3 3)", "MULTIPOINT ((1 1), EMPTY, (3 3))"],
    ["MULTILINESTRING((0 0,1 1),EMPTY)", "MULTILINESTRING ((0 0, 1 1), EMPTY)"],
    ["MULTIPOLYGON(((0 0,1 0,0 1,0 0)))", "MULTIPOLYGON (((0 0, 1 0, 0 1, 0 0)))"],
    [
      "GEOMETRYCOLLECTION(POINT(1 1),GEOMETRYCOLLECTION EMPTY)",
      "GEOMETRYCOLLECTION (POINT (1 1), GEOMETRYCOLLECTION EMPTY)",
    ],
    ["POINT(-.5 +1.)", "POINT (-0.5 1)"],
    ["POINT(1.25e-9 15E21)", "POINT (0.00000000125 15000000000000000000000)"],
  ])("%s is shown as %s", (text, shown) => {
    expect(wkbToWkt(wktToWkb(text))).toBe(shown);
  });

  it.each([
    "POINT (1 2)",
    "POINT EMPTY",
    "LINESTRING (1 2, 3 4)",
    "POLYGON ((30 10, 40 40, 20 40, 30 10), (20 30, 35 35, 20 30))",
    "MULTIPOINT ((1 1), EMPTY, (3 3))",
    "MULTIPOLYGON (((0 0, 1 0, 0 1, 0 0)))",
    "GEOMETRYCOLLECTION (POINT (1 1), GEOMETRYCOLLECTION (LINESTRING EMPTY))",
  ])("%s as others write it becomes ours", (text) => {
    const ours = wktToWkb(text);
    expect(looksLikeWkb(ours)).toBe(true);
    expect(normalWkb(ours)).toEqual(ours);
    expect(normalWkb(bigEndian(ours))).toEqual(ours);
  });

  it.each([
    ["01e9030000", "more than two dimensions"],
    ["0101000080", "more than two dimensions"],
    ["0101000020e6100000", "reference system"],
    ["0163000000", "unknown geometry type 99"],
    ["0201000000", "byte order 2"],
    ["01010000000000000000000000", "cut short"],
    [`0101000000${"0000000000000000".repeat(2)}00`, "1 bytes behind"],
    ["0102000000ffffffff", "cut short"],
    ["0107000000ffffffff", "cut short"],
    [`0104000000010000000102000000${"00".repeat(16)}`, "a LineString in a MultiPoint"],
    [`0101000000${"000000000000f87f"}${"0000000000000000"}`, "NaN or infinity"],
    [`010200000001000000${"000000000000f87f".repeat(2)}`, "NaN or infinity"],
    ["010700000001000000".repeat(70), "nested collections"],
  ])("%s is refused", (wkb, reason) => {
    expect(() => normalWkb(Buffer.from(wkb, "hex"))).toThrow(reason);
  });

  it("any bytes are a geometry that can be shown, or refused", () => {
    const shown = (bytes: Uint8Array) => {
      const wkb = Buffer.concat([Buffer.of(1, (bytes[0] ?? 0) % 8, 0, 0, 0), bytes]);
      try {
        expect(typeof wkbToWkt(normalWkb(wkb))).toBe("string");
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), shown), { seed: 7, numRuns: 500 });
  });

  it("coordinates come back exactly", () => {
    const coordinate = fc.double({ noNaN: true, noDefaultInfinity: true });
    const same = (points: [number, number][]) => {
      const wkb = wktToWkb(`LINESTRING (${points.map(([x, y]) => `${x} ${y}`).join(", ")})`);
      const view = new DataView(wkb.buffer);
      points.forEach(([x, y], i) => {
        expect([view.getFloat64(9 + i * 16, true), view.getFloat64(17 + i * 16, true)]).toEqual([x + 0, y + 0]);
      });
      expect(wktToWkb(wkbToWkt(wkb))).toEqual(wkb);
    };
    fc.assert(fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 20 }), same), {
      seed: 51,
      numRuns: 300,
    });
  });

  it.each([
    "",
    "POINT",
    "POINT(1",
    "POINT(1 2",
    "POINT(1 2))",
    "POINT(1 2) x",
    "POINT(1 2, 3 4)",
    "POINT()",
    "POINT(1)",
    "POINT(a b)",
    "POINT(1 1e999)",

    "CIRCLE(1 2)",
    "POINTEMPTY",
    "POINTY (1 2)",
    "SRID=4326;POINT(1 2)",
    "LINESTRING(1 2 3,4 5)",
    "POINT(1 2 3)",
    "POINT Z (1 2 3)",
    "GEOMETRYCOLLECTION(POINT Z (1 2 3), POINT M (1 2 3))",
    "LINESTRING(1 2,)",
  ])("refuses %p", (text) => expect(() => wktToWkb(text)).toThrow(/^not well-known text/));

  it("refuses endless nesting, both ways", () => {
    const text = "GEOMETRYCOLLECTION(".repeat(5000);
    expect(() => wktToWkb(text)).toThrow("nested collections");
    expect(() => wkbToWkt(Buffer.from("010700000001000000".repeat(5000), "hex"))).toThrow("nested collections");
  });

  it("reads big-endian WKB", () => {
    expect(wkbToWkt(Buffer.from("00000000013ff00000000000004000000000000000", "hex"))).toBe("POINT (1 2)");
  });

  it.each([
    ["cut short", "0101000000000000000000"],
    ["a count beyond its end", "0102000000ffffffff"],
    ["an unknown type", "0111000000"],
    ["nothing", ""],
  ])("refuses WKB with %s", (_, wkb) => {
    expect(() => wkbToWkt(Buffer.from(wkb, "hex"))).toThrow(RangeError);
  });
});
