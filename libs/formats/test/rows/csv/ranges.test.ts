import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { type CanonicalRow, fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import fc from "fast-check";
import type { RejectedRow, SourceRange } from "../../../src/format.ts";
import { openSeparated } from "../../../src/rows/csv/index.ts";

// A file that is cut anywhere gives the rows of the whole file, each once and in order, whatever its cells hold.

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "a", type: 21, params: { max_length: 500 } },
    { name: "b", type: 21, params: { max_length: 500 } },
  ],
});

/** Everything is looked at from the middle, in small pieces. */
const lineStarts = { nearBytes: 4, chunkBytes: 7 };

async function read(text: string | Uint8Array, range?: SourceRange, options: Record<string, string> = {}) {
  const input = readerInput(schema, [await memoryFile("t.csv", Buffer.from(text as string))], options, range);
  return readCanonicalRows(schema, openSeparated(input, ",", { lineStarts, chunkBytes: 64 }));
}

async function readParts(text: string, borders: readonly number[], options?: Record<string, string>) {
  const sizeBytes = Buffer.byteLength(text);
  const cuts = [...new Set([0, ...borders.map((border) => border % (sizeBytes + 1)), sizeBytes])].sort((a, b) => a - b);
  const rows: CanonicalRow[] = [];
  for (let i = 1; i < cuts.length; i++) rows.push(...(await read(text, { begin: cuts[i - 1], end: cuts[i] }, options)));
  return rows;
}

// Texts of what makes places hard to tell: quotes, separators, line ends, and what looks like a record.
const piece = fc.constantFrom('"', ",", "\n", "\r\n", "\r", "1,x,y\n", '"a","b"\n', "é", "x", " ", '","', '",\n"', "");
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const row = fc.record({
  a: text,
  b: text,
  isQuoted: fc.boolean(),
  end: fc.constantFrom("\n", "\r\n", "\n\n", "\n\r\n"),
});
const rows = fc.array(row, { minLength: 1, maxLength: 9 });

function fileOf(list: readonly { a: string; b: string; isQuoted: boolean; end: string }[]): string {
  const cell = (value: string, isQuoted: boolean) =>
    isQuoted || /[",\r\n]/.test(value) || value === "" ? quoted(value) : value;
  const lines = list.map(({ a, b, isQuoted, end }, id) => `${id},${cell(a, isQuoted)},${cell(b, isQuoted)}${end}`);
  return `id,a,b\n${lines.join("")}`;
}

describe("a cut file", () => {
  it("gives the rows of the whole, wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.array(fc.nat(400), { minLength: 1, maxLength: 4 }), async (list, borders) => {
        const file = fileOf(list);
        expect(await readParts(file, borders)).toEqual(list.map(({ a, b }, id) => ({ id, a, b })));
      }),
      { seed: 20261128, numRuns: 400 },
    );
  });

  it("gives them at every single byte, with a mark, without a last line end and without quotes", async () => {
    const body = 'id,a,b\n0,"x\n1,2",y\r\n\n1,"""\n""",z\n2,p,"q"';
    for (const [file, options] of [
      [`\ufeff${body}`, {}],
      ["id,a,b\n0,x,y\n1,p,q\n\n2,r,s\n", {}],
      ['id,a,b\n0,x",y\n1,",q\n', { quote: "" }],
      ["sep=;\nid;a;b\n0;x;y\n1;p;q\n2;r;s\n", { sep: ";" }],
      [
        "0\tx\\\ny\tz\n1\ta\tb\\\\\n2\tp\\\\\\\nq\t\\\n\n3\tr\ts\n",
        { escape: "\\", header: "false", columns: "id,a,b" },
      ],
      ["0\tx\\ny\tz\n1\t\\\\\t\\N\n", { escape: "\\", header: "false", columns: "id,a,b" }],
    ] as const) {
      const whole = await read(file, undefined, options);
      expect(whole.length).toBeGreaterThan(1);
      for (let at = 0; at <= Buffer.byteLength(file); at++) expect(await readParts(file, [at], options)).toEqual(whole);
    }
  });

  it("of broken quotes is refused by the range before the place, if by no other", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(400), fc.nat(400), async (list, at, border) => {
        const file = Buffer.from(fileOf(list));
        const place = at % (file.length + 1);
        const damaged = `${file.subarray(0, place)}"${file.subarray(place)}`;
        const outcome = (reading: Promise<CanonicalRow[]>) =>
          reading.catch((error) => {
            if (!(error instanceof ImportError)) throw error;
            return "refused";
          });
        expect(await outcome(readParts(damaged, [border]))).toEqual(await outcome(read(damaged)));
      }),
      { seed: 7, numRuns: 400 },
    );
  });

  it.each([
    ["", 7],
    ["sep=,\n", 8],
  ])("counts rows from the beginning of the file in its errors, behind %j", async (first, line) => {
    const file = `${first}id,a,b\n0,"x\ny",z\n\n1,a,b\n"2",,\nbad,,\n`;
    const whole = await read(file).catch((error) => error);
    expect(whole).toMatchObject({ code: "value_invalid", at: { row: 3, field: "id", line } });
    for (let begin = 1; begin < file.length - 7; begin++)
      await expect(read(file, { begin, end: file.length })).rejects.toMatchObject({ at: whole.at });
  });

  it("puts the same rows aside as the whole file", async () => {
    const file = 'id,a,b\n0,x,y\n1,x\n2,"x\n3,",y\nfour,x,y\n5,x"y,z\n6,x,y\n';
    const readWith = async (range?: SourceRange) => {
      const rejected: RejectedRow[] = [];
      const input = readerInput(schema, [await memoryFile("t.csv", Buffer.from(file))], {}, range);
      const reader = openSeparated(input, ",", { lineStarts: { ...lineStarts, chunkBytes: 24 } });
      const onReject = (row: RejectedRow) => void rejected.push(row);
      let rowCount = 0;
      for await (const batch of reader.batches({ batchBytes: 9, signal: new AbortController().signal, onReject }))
        rowCount += batch.rowCount;
      return { rowCount, rejected: rejected.map(({ row, text }) => [row, Buffer.from(text?.bytes ?? []).toString()]) };
    };
    const whole = await readWith();
    expect(whole.rowCount).toBe(3);
    expect(whole.rejected).toEqual([
      [1, "1,x"],
      [3, "four,x,y"],
      [4, '5,x"y,z'],
    ]);
    for (let at = 0; at <= file.length; at++) {
      const parts = [await readWith({ begin: 0, end: at }), await readWith({ begin: at, end: file.length })];
      expect(parts.flatMap(({ rejected }) => rejected)).toEqual(whole.rejected);
      expect(parts[0].rowCount + parts[1].rowCount).toBe(whole.rowCount);
    }
  });
});
