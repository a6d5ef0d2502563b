import { describe, expect, it } from "@jest/globals";
import { formatNamed, planFields } from "@sluice/formats";
import {
  type CanonicalRow,
  canonicalJson,
  fixtureSchema,
  readCanonicalRows,
  readerInput,
} from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import { openJson } from "../../../src/rows/json/index.ts";

// A list of rows may be cut at any byte, and gives each row exactly once, in order.

const schema = fixtureSchema({
  enable_dynamic_field: true,
  fields: [{ name: "id", type: 5, is_primary: true }],
});

async function part(body: string, begin: number, end: number, chunkBytes?: number): Promise<CanonicalRow[]> {
  const input = readerInput(schema, [await memoryFile("f.json", Buffer.from(body))], {}, { begin, end });
  return readCanonicalRows(schema, openJson(input, chunkBytes === undefined ? {} : { chunkBytes }));
}

const idsOf = (rows: readonly CanonicalRow[]) => rows.map(({ id }) => id);

/** Rows in which much looks like the beginning of another. */
const hostile = [
  { id: 0, list: [{ id: 10 }, { id: 11, deep: [{ id: 12 }, { id: 13 }] }], last: { id: 14 } },
  { id: 1, text: '},{"id":20},{"id":21}', "},{": '"},{"id":' },
  { ",odd": 1, id: 2, objects: { a: { id: 30 }, b: { id: 31 } } },
  { "": {}, id: 3 },
  { id: 4, tail: [[{ id: 40 }], { id: 41 }, "x", { id: 42 }] },
  { '"': [], id: 5 },
  { id: 6, end: [{ id: 60 }, { id: 61 }] },
];

const bodies: [string, string][] = [
  ["a list", JSON.stringify(hostile)],
  ["a list over lines", JSON.stringify(hostile, undefined, 1)],
  ["{rows}", JSON.stringify({ rows: hostile })],
  ["{rows} over lines", ` ${JSON.stringify({ rows: hostile }, undefined, 2)}\n`],
];

describe("a list of rows", () => {
  it.each(bodies)("as %s gives each row once wherever it is cut in two", async (_, body) => {
    const all = idsOf(await part(body, 0, body.length));
    expect(all).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (let cut = 1; cut < body.length; cut++) {
      const [first, second] = [await part(body, 0, cut), await part(body, cut, body.length)];
      expect([cut, ...idsOf(first), ...idsOf(second)]).toEqual([cut, ...all]);
    }
  });

  it("of any rows gives them wherever it is cut, whatever the windows", async () => {
    const row = fc.record({ id: fc.maxSafeInteger(), extra: fc.jsonValue({ maxDepth: 3 }) });
    const nested = fc.array(fc.record({ id: fc.nat(9), text: fc.constantFrom('},{"id":1', "],[", '"}]}') }), {
      maxLength: 3,
    });
    const rows = fc.array(fc.tuple(row, nested), { minLength: 1, maxLength: 8 });
    const layout = fc.record({
      indent: fc.constantFrom(0, 1),
      isList: fc.boolean(),
      chunkBytes: fc.integer({ min: 16, max: 500 }),
    });
    await fc.assert(
      fc.asyncProperty(
        rows,
        layout,
        fc.array(fc.nat(), { maxLength: 4 }),
        async (list, { indent, isList, chunkBytes }, cuts) => {
          const values = list.map(([own, inner]) => ({ ...own, inner }));
          const body = JSON.stringify(isList ? values : { rows: values }, undefined, indent);
          const length = Buffer.byteLength(body);
          const borders = [0, ...cuts.map((cut) => cut % (length + 1)).sort((a, b) => a - b), length];
          const found: CanonicalRow[] = [];
          for (let i = 0; i + 1 < borders.length; i++)
            found.push(...(await part(body, borders[i], borders[i + 1], chunkBytes)));
          expect(found).toEqual(values.map(({ id, ...rest }) => ({ id, $meta: canonicalJson(JSON.stringify(rest)) })));
        },
      ),
      { seed: 20261128, numRuns: 100 },
    );
  });

  it("counts rows from the start of the file in every part", async () => {
    const values = Array.from({ length: 40 }, (_, id) => ({ id, list: [{ id: 1 }, { id: 2 }], text: "],{" }));
    const body = JSON.stringify({ rows: [...values, { id: "x" }] });
    for (const begin of [1, 9, 100, 700, body.length - 12])
      await expect(part(body, begin, body.length)).rejects.toMatchObject({ at: { row: 40, field: "id" } });
  });

  it("is cut where nothing but rows can stand in the file", async () => {
    const cutsOf = async (body: string) => {
      const sources = [await memoryFile("f.json", Buffer.from(body))];
      const input = { sources, plan: planFields(schema), options: {} };
      return (await formatNamed("json").probe(input, new AbortController().signal)).cuts;
    };
    for (const [, body] of bodies) expect(await cutsOf(body)).toBe("anywhere");
    for (const body of ['{"version":1,"rows":[{"id":1}]}', "[[1]]", '{"0":{"id":1}}', '{"id":[1]}'])
      expect(await cutsOf(body)).toBe("nowhere");
  });

  it("that is damaged is refused by some part, or gives the rows that it has, each once", async () => {
    const values = Array.from({ length: 6 }, (_, id) => ({ id, list: [{ id: 1 }], text: "],{" }));
    const bodies = [JSON.stringify(values), JSON.stringify({ rows: values })];
    const piece = fc.constantFrom("", "{", "}", "[", "]", ",", '"', ":", '{"id":7}', '},{"id":8', "xyz", "[]");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bodies),
        fc.nat(),
        fc.nat(2),
        piece,
        fc.nat(),
        async (body, at, removed, added, cut) => {
          const begin = at % (body.length + 1);
          const damaged = body.slice(0, begin) + added + body.slice(begin + removed);
          const length = Buffer.byteLength(damaged);
          const middle = 1 + (cut % Math.max(1, length - 1));
          const whole = await part(damaged, 0, length).catch(() => undefined);
          const parts = await Promise.all([part(damaged, 0, middle), part(damaged, middle, length)]).catch(
            () => undefined,
          );
          if (parts) expect(parts.flat()).toEqual(whole);
        },
      ),
      { seed: 20261128, numRuns: 500 },
    );
  });

  it("behind which other keys stand is refused, as in Milvus: a part could not tell their objects from rows", async () => {
    const body = '{"rows":[{"id":1},{"id":2}],"more":[{"id":3},{"id":4}]}';
    await expect(part(body, 0, body.length)).rejects.toMatchObject({ code: "malformed_file" });
    for (let cut = 1; cut < body.length; cut++)
      await expect(Promise.all([part(body, 0, cut), part(body, cut, body.length)])).rejects.toMatchObject({
        code: "malformed_file",
      });
  });
});
