import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "@jest/globals";
import { Turns } from "@sluice/async";
import { compileFilter } from "@sluice/query";
import { DataType } from "@sluice/schema";
import fc from "fast-check";
import { collection, columnsOf, everyKind, field, refusal, select, truth } from "./collection.ts";

// relations.txt: pairs of geometries and what GEOS 3.14.1 (shapely 2.2.0) says of them, as nine dimensions; validity.txt likewise. The
// pairs were drawn at random on small grids, where points, ends and edges often meet. Only pairs of which GEOS says the same are
// there: it differs in ends of lines behind a closed one, areas of collections that meet, coordinates that differ in their last bits.
// self-crossing.txt: pairs with a polygon that is not valid, and what GEOS says of them after make_valid(method="linework"), drawn so that
// borders cross in whole numbers. Rings that lie on one another, which GEOS takes for one ring, are not there.

const factsOf = (name: string) =>
  readFileSync(new URL(`spatial/${name}`, import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" | "));

const relations = ["equals", "contains", "within", "intersects", "touches", "overlaps", "crosses"] as const;
type Relation = (typeof relations)[number];

const geometries = collection([
  field("id", DataType.Int64, { isPrimaryKey: true, nullable: false }),
  field("geo", DataType.Geometry),
]);

/** Which of the relations hold of a row's geometry and another one. */
function related(a: string, b: string): Relation[] {
  const columns = columnsOf(geometries, [{ geo: a }]);
  const holds = (name: Relation) =>
    compileFilter(`st_${name}(geo, "${b}")`, geometries).evaluate(columns, 1).length === 1;
  return relations.filter(holds);
}

/** -1 of an empty geometry. */
function dimensionOf(wkt: string): number {
  const parts = [...wkt.matchAll(/(POINT|LINESTRING|POLYGON)\(/g), ...wkt.matchAll(/(POINT|LINESTRING|POLYGON)\(\(/g)];
  return Math.max(-1, ...parts.map(([, kind]) => ["POINT", "LINESTRING", "POLYGON"].indexOf(kind)));
}

/** What OGC defines by the matrix. Source: OGC 06-103r4, 6.1.15.3. */
function byMatrix(matrix: string, a: number, b: number): Relation[] {
  const is = (...patterns: string[]) =>
    patterns.some((one) => new RegExp(`^${one.replaceAll("*", ".").replaceAll("T", "[012]")}$`).test(matrix));
  const holds: Record<Relation, boolean> = {
    equals: (a === b && is("T*F**FFF*")) || (a === -1 && b === -1),
    contains: is("T*****FF*"),
    within: is("T*F**F***"),
    intersects: is("T********", "*T*******", "***T*****", "****T****"),
    touches: is("FT*******", "F**T*****", "F***T****"),
    overlaps: a === b && (a === 1 ? is("1*T***T**") : is("T*T***T**")),
    crosses: a === b ? a === 1 && is("0********") : a < b ? is("T*T******") : is("T*****T**"),
  };
  return relations.filter((name) => holds[name]);
}

describe("spatial relations", () => {
  it("are those that GEOS finds", () => {
    const facts = factsOf("relations.txt");
    expect(facts.length).toBeGreaterThan(800);
    const differing = facts.filter(
      ([a, b, matrix]) => `${related(a, b)}` !== `${byMatrix(matrix, dimensionOf(a), dimensionOf(b))}`,
    );
    expect(differing).toEqual([]);
  });

  it("are those that GEOS finds of polygons that cross themselves, once it has made them valid", () => {
    const facts = factsOf("self-crossing.txt");
    expect(facts.length).toBe(400);
    const differing = facts.filter(
      ([a, b, matrix]) => `${related(a, b)}` !== `${byMatrix(matrix, dimensionOf(a), dimensionOf(b))}`,
    );
    expect(differing).toEqual([]);
  });

  const square = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))";
  test.each<[what: string, a: string, b: string, expected: Relation[]]>([
    ["a point on the border", "POINT (0 2)", square, ["intersects", "touches"]],
    ["a point within", "POINT (1 2)", square, ["within", "intersects"]],
    ["a point in a hole", "POINT (2 2)", "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 3 1, 3 3, 1 3, 1 1))", []],
    ["a line along the border", "LINESTRING (0 0, 0 4)", square, ["intersects", "touches"]],
    ["a line into it", "LINESTRING (-1 2, 2 2)", square, ["intersects", "crosses"]],
    ["a line within that ends on the border", "LINESTRING (0 2, 2 2)", square, ["within", "intersects"]],
    ["lines along one another", "LINESTRING (0 0, 2 0)", "LINESTRING (3 0, 1 0)", ["intersects", "overlaps"]],
    ["lines that cross", "LINESTRING (0 0, 2 2)", "LINESTRING (0 2, 2 0)", ["intersects", "crosses"]],
    [
      "one more point on a straight line",
      "LINESTRING (0 0, 2 0)",
      "LINESTRING (0 0, 1 0, 2 0)",
      ["equals", "contains", "within", "intersects"],
    ],
    [
      "another start of a ring",
      "POLYGON ((4 4, 0 4, 0 2, 0 0, 4 0, 4 4))",
      square,
      ["equals", "contains", "within", "intersects"],
    ],
    [
      "a part of a MultiPolygon that others touch",
      "POLYGON ((1 1, 1 3, 0 3, 0 1, 1 1))",
      "MULTIPOLYGON (((3 3, 2 3, 2 2, 1 2, 2 1, 3 3)), ((1 1, 1 3, 0 3, 0 1, 1 1)))",
      ["within", "intersects"],
    ],
    [
      "halves of a collection without a gap",
      "LINESTRING (1 2, 3 2)",
      "GEOMETRYCOLLECTION (POLYGON ((0 0, 2 0, 2 4, 0 4, 0 0)), POLYGON ((2 0, 4 0, 4 4, 2 4, 2 0)))",
      ["within", "intersects"],
    ],
    [
      "a point where areas of a collection leave no gap",
      "POINT (2 2)",
      "GEOMETRYCOLLECTION (POLYGON ((0 0, 2 0, 2 4, 0 4, 0 0)), POLYGON ((2 0, 4 0, 4 2, 2 2, 2 0)), POLYGON ((2 2, 4 2, 4 4, 2 4, 2 2)))",
      ["within", "intersects"],
    ],
    [
      "a line out of a point and back",
      "LINESTRING (0 1, 0 0, 0 1)",
      "GEOMETRYCOLLECTION (POINT (0 1), POLYGON ((2 0, 3 0, 3 1, 2 0)))",
      ["intersects", "crosses"],
    ],
    ["a ring that is not closed", "POINT (1 1)", "POLYGON ((0 0, 4 0, 4 4, 0 4))", ["within", "intersects"]],
    ["a line without length", "LINESTRING (1 1, 1 1)", "POINT (1 1)", ["equals", "contains", "within", "intersects"]],
    ["nothing and nothing", "POINT EMPTY", "POLYGON EMPTY", ["equals"]],
    ["nothing and something", "GEOMETRYCOLLECTION EMPTY", square, []],
    ["the least doubles", "POINT (0 5e-324)", "LINESTRING (0 0, 0 1e-323)", ["within", "intersects"]],
    [
      "the greatest doubles",
      "POINT (0 0)",
      "LINESTRING (-1.7e308 -1.7e308, 1.7e308 1.7e308)",
      ["within", "intersects"],
    ],
    ["two triangles of one ring", "POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))", square, ["within", "intersects"]],
    [
      "two triangles of one ring and of two",
      "POLYGON ((0 0, 3 7, 3 0, 0 7, 0 0))",
      "MULTIPOLYGON (((0 0, 1.5 3.5, 0 7, 0 0)), ((3 0, 3 7, 1.5 3.5, 3 0)))",
      ["equals", "contains", "within", "intersects"],
    ],
    ["a ring that goes around twice", "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0, 4 0, 4 4, 0 4, 0 0))", "POINT (1 1)", []],
    [
      "halves of one ring without a gap",
      "LINESTRING (1 2, 3 2)",
      "POLYGON ((2 0, 4 0, 4 4, 2 4, 2 0, 2 4, 0 4, 0 0, 2 0))",
      ["within", "intersects"],
    ],
    [
      "members of a MultiPolygon over one another",
      square,
      "MULTIPOLYGON (((0 0, 3 0, 3 4, 0 4, 0 0)), ((1 0, 4 0, 4 4, 1 4, 1 0)))",
      ["equals", "contains", "within", "intersects"],
    ],
    [
      "a hole outside its shell",
      "POLYGON ((6 0, 8 0, 8 2, 6 2, 6 0))",
      "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (6 0, 8 0, 8 2, 6 2, 6 0))",
      ["within", "intersects"],
    ],
    ["a hair beside a line", "POINT (0.1 0.30000000000000004)", "LINESTRING (0 0, 0.2 0.6)", []],
  ])("of %s", (_, a, b, expected) => {
    expect(related(a, b)).toEqual(expected);
  });

  const coordinate = fc.integer({ min: 0, max: 5 });
  const point = fc.tuple(coordinate, coordinate);
  const points = (least: number) => fc.array(point, { minLength: least, maxLength: 6 });
  const text = (list: readonly (readonly number[])[]) => list.map(([x, y]) => `${x} ${y}`).join(",");
  type Part = { readonly kind: "POINT" | "LINESTRING" | "POLYGON"; readonly points: readonly (readonly number[])[] };
  const part = fc.oneof(
    point.map((one): Part => ({ kind: "POINT", points: [one] })),
    points(2).map((list): Part => ({ kind: "LINESTRING", points: list })),
    points(3).map((list): Part => ({ kind: "POLYGON", points: [...list, list[0]] })),
  );
  const wkt = (parts: readonly Part[]) => {
    const texts = parts.map(
      (one) => `${one.kind} (${one.kind === "POLYGON" ? `(${text(one.points)})` : text(one.points)})`,
    );
    return texts.length === 1 ? texts[0] : `GEOMETRYCOLLECTION (${texts.join(",")})`;
  };
  const valid = fc
    .array(part, { minLength: 1, maxLength: 3 })
    .filter((parts) => select("st_isvalid(geo)", [{ geo: wkt(parts) }], { schema: geometries }).length === 1);
  const moved = (parts: readonly Part[], move: (x: number, y: number) => readonly number[]) =>
    wkt(parts.map((one) => ({ ...one, points: one.points.map(([x, y]) => move(x, y)) })));

  it("are the same from both sides, and in a mirror, larger and moved", () => {
    const other: Partial<Record<Relation, Relation>> = { contains: "within", within: "contains" };
    const sorted = (names: readonly Relation[]) => [...names].sort();
    fc.assert(
      fc.property(valid, valid, (a, b) => {
        const known = related(wkt(a), wkt(b));
        const back = related(wkt(b), wkt(a)).map((name) => other[name] ?? name);
        expect(sorted(back)).toEqual(sorted(known));
        for (const move of [
          (x: number, y: number) => [y, x],
          (x: number, y: number) => [x * 2 ** 40, -y / 2 ** 300],
          (x: number, y: number) => [x / 8 + 1024, y + x * 2 ** 20],
        ])
          expect(related(moved(a, move), moved(b, move))).toEqual(known);
      }),
      { numRuns: 40 },
    );
  });

  it("of a geometry and itself, and of it and a part of it", () => {
    fc.assert(
      fc.property(valid, (parts) => {
        expect(related(wkt(parts), wkt(parts))).toEqual(["equals", "contains", "within", "intersects"]);
        const whole = related(wkt(parts), wkt(parts.slice(0, 1)));
        expect(whole).toContain("intersects");
        if (parts[0].kind === "POINT" && parts.every(({ kind }) => kind === "POINT"))
          expect(whole).toContain("contains");
      }),
      { numRuns: 40 },
    );
  });
});

describe("st_isvalid", () => {
  it("is what GEOS finds", () => {
    const facts = factsOf("validity.txt");
    const ours = facts.map(([geo]) =>
      select("st_isvalid(geo)", [{ geo }], { schema: geometries }).length === 1 ? "valid" : "invalid",
    );
    expect(ours).toEqual(facts.map(([, known]) => known));
  });

  test.each([
    ["POINT EMPTY", "T"],
    ["GEOMETRYCOLLECTION (POLYGON ((0 0, 2 0, 2 2, 0 0)), LINESTRING (0 0, 2 2), POINT (2 0))", "T"],
    ["POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", "F"],
    ["POLYGON ((0 0, 4 0, 4 4, 0 4))", "F"],
    ["LINESTRING (1 1, 1 1)", "F"],
    ["POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (0 0, 4 4, 1 3, 0 0))", "F"],
    ["POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (0 0, 2 1, 1 2, 0 0))", "T"],
    ["MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((2 0, 4 0, 4 2, 2 2, 2 0)))", "F"],
    ["GEOMETRYCOLLECTION (POLYGON ((0 0, 2 0, 2 2, 0 0)), POLYGON ((0 0, 2 0, 2 2, 0 0)))", "T"],
  ])("%s", (geo, expected) => {
    expect(truth("ST_ISVALID(geo)", [{ geo }, {}])).toBe(`${expected}U`);
  });
});

describe("spatial filters", () => {
  const rows = [{ geo: "POINT (1 1)" }, { geo: "POINT (9 9)" }, {}];

  it("are FALSE or UNKNOWN of other rows, and take templates", () => {
    const templates = { area: "POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))" };
    expect(truth("ST_WITHIN(geo, {area})", rows, { templates })).toBe("TFU");
    expect(truth("st_intersects(geo, {area}) or st_isvalid(geo) and i64 == 1", rows, { templates })).toBe("TUU");
  });

  test.each([
    ["st_within(s, 'POINT (1 1)')", "spatial operation are only supported on geometry fields now, got: s at column 10"],
    ["st_within(geo, 1)", "the geometry of st_within must be WKT text at column 15"],
    ["st_within(geo)", "function st_within expects 2 arguments, but got 1 at column 0"],
    ["st_isvalid(geo, 'POINT (1 1)')", "function st_isvalid expects 1 arguments, but got 2 at column 0"],
    ["st_disjoint(geo, 'POINT (1 1)')", "function st_disjoint not found at column 0"],
  ])("refuse %s", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });

  const zigzag = (flip: boolean) =>
    `LINESTRING (${Array.from({ length: 520 }, (_, i) => (flip ? `${i % 2 ? 600 : -1} ${i}` : `${i} ${i % 2 ? 600 : -1}`)).join(",")})`;

  it("end within a row when the call ends", async () => {
    const filter = compileFilter(`st_crosses(geo, "${zigzag(true)}")`, geometries);
    const columns = columnsOf(geometries, [{ geo: zigzag(false) }]);
    const controller = new AbortController();
    const found = filter.evaluateInTurns(columns, 1, new Turns(controller.signal, 0));
    setImmediate(() => controller.abort(new Error("enough")));
    await expect(found).rejects.toThrow("enough");
  });

  it("refuse geometries that meet in more points than memory is there for", () => {
    const filter = compileFilter(`st_touches(geo, "${zigzag(true)}") or st_crosses(geo, "${zigzag(true)}")`, everyKind);
    const columns = columnsOf(everyKind, [{ geo: zigzag(false) }]);
    expect(() => filter.evaluate(columns, 1)).toThrow(/meets another one, or itself, in more than 262144 points/);
  });
});
