import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import {
  type CanonicalRow,
  canonicalJson,
  fixtureSchema,
  readCanonicalRows,
  readerInput,
} from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import type { ReaderInput, SourceRange } from "../../../src/format.ts";
import { openJson, openJsonl } from "../../../src/rows/json/index.ts";

const schema = fixtureSchema({
  enable_dynamic_field: true,
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "title", type: 21, params: { max_length: 200 } },
    { name: "w", type: 10, nullable: true },
    { name: "d", type: 11 },
    { name: "level", type: 3, default_value: { int_data: 7 } },
    { name: "tags", type: 22, element_type: 21, params: { max_capacity: 9, max_length: 60 } },
    { name: "vector", type: 101, params: { dim: 3 } },
  ],
});

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const row = fc.record({
  id: fc.maxSafeInteger(),
  title: text,
  w: fc.option(float32),
  d: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  level: fc.integer({ min: -32768, max: 32767 }),
  tags: fc.array(text, { maxLength: 4 }),
  vector: fc.array(float32, { minLength: 3, maxLength: 3 }),
  extra: fc.jsonValue({ maxDepth: 2 }),
});
const rows = fc.array(row, { maxLength: 12 });

async function inputOf(body: string | Uint8Array, range?: SourceRange): Promise<ReaderInput> {
  return readerInput(schema, [await memoryFile("f.json", Buffer.from(body as string))], {}, range);
}

/** Rows as the canonical form shows them: dynamic keys in `$meta`. */
const canonical = (list: readonly Record<string, unknown>[]): CanonicalRow[] =>
  list.map(({ extra, ...fields }) => ({ ...fields, $meta: canonicalJson(JSON.stringify({ extra })) }));

const layouts = fc.record({
  indent: fc.constantFrom(0, 1, 4),
  isList: fc.boolean(),
  chunkBytes: fc.integer({ min: 16, max: 4000 }),
  batchBytes: fc.integer({ min: 1, max: 5000 }),
});

describe("JSON", () => {
  it("gives the rows that were written, whatever the layout, chunks and batches", async () => {
    await fc.assert(
      fc.asyncProperty(rows, layouts, async (list, { indent, isList, chunkBytes, batchBytes }) => {
        const body = JSON.stringify(isList ? list : { rows: list }, undefined, indent);
        const reader = openJson(await inputOf(body), { chunkBytes });
        expect(await readCanonicalRows(schema, reader, batchBytes)).toEqual(canonical(list));
      }),
      { seed: 11, numRuns: 150 },
    );
  });

  it("of any damage gives rows or an ImportError, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.nat(),
        fc.uint8Array({ maxLength: 3 }),
        fc.boolean(),
        async (list, at, junk, isLines) => {
          const body = Buffer.from(
            isLines ? list.map((item) => JSON.stringify(item)).join("\n") : JSON.stringify(list),
          );
          const cut = at % (body.length + 1);
          const damaged = Buffer.concat([body.subarray(0, cut), junk, body.subarray(cut + junk.length)]);
          const input = await inputOf(damaged);
          const reader = isLines ? openJsonl(input, { chunkBytes: 64 }) : openJson(input, { chunkBytes: 64 });
          await readCanonicalRows(schema, reader).catch((error) => {
            if (!(error instanceof ImportError)) throw error;
            expect(error.at?.file).toBe("f.json");
          });
        },
      ),
      { seed: 12, numRuns: 400 },
    );
  });
});

describe("JSON Lines", () => {
  const lines = fc.array(fc.tuple(row, fc.constantFrom("\n", "\r\n", ",\n", "\n\n", "\n  \n", " , \r\n")), {
    maxLength: 14,
  });

  it("gives each row exactly once, however the file is cut into ranges", async () => {
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.array(fc.nat(), { maxLength: 4 }),
        fc.integer({ min: 16, max: 500 }),
        async (list, cuts, chunkBytes) => {
          const body = Buffer.from(list.map(([item, end]) => JSON.stringify(item) + end).join(""));
          const borders = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length];
          const found: CanonicalRow[] = [];
          for (let i = 0; i + 1 < borders.length; i++) {
            const reader = openJsonl(await inputOf(body, { begin: borders[i], end: borders[i + 1] }), {
              chunkBytes,
            });
            found.push(...(await readCanonicalRows(schema, reader)));
          }
          expect(found).toEqual(canonical(list.map(([item]) => item)));
        },
      ),
      { seed: 13, numRuns: 150 },
    );
  });

  it("counts rows from the start of the file also in a range", async () => {
    const good = JSON.stringify({ id: 1, title: "", d: 1, tags: [], vector: [1, 2, 3] });
    const body = `${good}\n\n${good}\n${good.replace('"id":1', '"id":"x"')}\n`;
    const reader = openJsonl(await inputOf(body, { begin: good.length + 5, end: body.length }));
    await expect(readCanonicalRows(schema, reader)).rejects.toMatchObject({
      at: { row: 2, field: "id", byteOffset: body.lastIndexOf('"x"') },
    });
  });

  it("counts rows alike wherever before them a range begins", async () => {
    const good = JSON.stringify({ id: 1, title: "", d: 1, tags: [], vector: [1, 2, 3] });
    const bad = good.replace('"id":1', '"id":"x"');
    const body = `${good}\n  ${good}\n \n\t${good}\r\n\n${good}\n`;
    for (let begin = 0; begin <= body.length; begin++) {
      const reader = openJsonl(await inputOf(`${body}${bad}\n`, { begin, end: body.length + bad.length + 1 }));
      await expect(readCanonicalRows(schema, reader)).rejects.toMatchObject({ at: { row: 4, field: "id" } });
    }
  });
});
