import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType, dataTypeName } from "@sluice/schema";
import { column, integer } from "./cells.ts";
import { bytesOf, type FieldSample } from "./field-samples.ts";
import { formatOf, optionsOf, sourcesOf, type TableColumn, type WriteFiles, writers } from "./format-files.ts";

// `coerce=true` takes integers for text and texts of digits for integers, in every format; what is not exact is refused.

const utf32 = (text: string) =>
  bytesOf(Uint32Array.from(text.padEnd(20, "\0"), (char) => char.codePointAt(0) as number));

const text = (value: string): FieldSample => ({
  type: DataType.VarChar,
  json: value,
  parquet: { type: "BYTE_ARRAY", converted: "UTF8", value },
  npy: { descr: "<U20", bytes: utf32(value) },
  canonical: value,
});

const id = { name: "id", type: DataType.Int64, is_primary: true };
const ids = column("id", [integer(1n), integer(2n)]);
const field = (type: DataType, params = {}) => ({ name: "f", type, params });

async function read([name, write]: [string, WriteFiles], type: object, columns: TableColumn[], options = {}) {
  const files = write(columns, 2);
  if (!files) return undefined;
  const schema = fixtureSchema({ fields: [id, type] } as never);
  const warnings: string[] = [];
  const input = {
    ...readerInput(schema, await sourcesOf(files), { coerce: "true", ...optionsOf(name, columns), ...options }),
  };
  const reader = formatNamed(formatOf(name)).open({ ...input, warn: (warning) => void warnings.push(warning) });
  return { rows: await readCanonicalRows(schema, reader), warnings };
}

/** COPY BINARY does not say what its values are, so nothing can be told from the field's own type. */
const typed = Object.entries(writers).filter(([name]) => name !== "pgcopy");
const isSeparated = (name: string) => name === "csv" || name === "tsv";

describe.each(typed)("%s", (...format) => {
  it.each([DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64])("text for %p", async (type) => {
    const found = await read(format, field(type), [ids, column("f", [text("-128"), text("7")])]);
    if (!found) return;
    expect(found.rows).toEqual([
      { id: 1, f: -128 },
      { id: 2, f: 7 },
    ]);
    // Cells of CSV are text in any case.
    const said = isSeparated(format[0]) ? [] : [expect.stringMatching(/coerced: .*'f' \(text to integer\)/)];
    expect(found.warnings).toEqual(said);
  });

  it("integers for text", async () => {
    const columns = [ids, column("f", [integer(-5n), integer(2n ** 53n - 1n)])];
    const found = await read(format, field(DataType.VarChar, { max_length: 20 }), columns);
    if (!found) return;
    expect(found.rows).toEqual([
      { id: 1, f: "-5" },
      { id: 2, f: "9007199254740991" },
    ]);
    const said = isSeparated(format[0]) ? [] : [expect.stringMatching(/coerced: .*'f' \(integer to text\)/)];
    expect(found.warnings).toEqual(said);
  });

  it("what is not exact is refused, with its row", async () => {
    const refusals = [
      [field(DataType.Int8), column("f", [text("1"), text("128")])],
      [field(DataType.Int64), column("f", [text("1"), text("0x2")])],
      [field(DataType.VarChar, { max_length: 2 }), column("f", [integer(1n), integer(100n)])],
    ] as const;
    for (const [type, cells] of refusals) {
      const error = await read(format, type, [ids, cells]).catch((caught: unknown) => caught);
      if (error === undefined) continue;
      expect(error).toBeInstanceOf(ImportError);
      expect(error).toMatchObject({ code: "value_invalid", at: { row: 1, field: "f" } });
    }
  });

  it.each([
    [DataType.Int64, [text("1"), text("2")], "the option coerce=true takes texts that are integers"],
    [DataType.VarChar, [integer(1n), integer(2n)], "the option coerce=true takes integers as their text"],
  ])("is asked for, which the refusal for %p says", async (type, cells, hint) => {
    if (isSeparated(format[0])) return;
    const reading = read(format, field(type, { max_length: 9 }), [ids, column("f", cells)], { coerce: "false" });
    const error = await reading.catch((caught: unknown) => caught);
    if (error !== undefined) expect((error as Error).message).toContain(hint);
  });
});

it(`names types in messages as Milvus does: ${dataTypeName(DataType.Int64)}`, async () => {
  const columns = [ids, column("f", [text("x"), text("2")])];
  await expect(read(["arrow", writers.arrow], field(DataType.Int64), columns)).rejects.toThrow(
    "expected type 'Int64' for field 'f', got type 'string' with value 'x': it is not the text of such a number",
  );
});
