import { describe, expect, it } from "@jest/globals";
import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { type CanonicalRow, canonicalRows, fixtureSchema, readerInput } from "@sluice/formats/testing";
import { type CollectionSchema, DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { type FieldSample, fieldSamples, otherForms } from "./field-samples.ts";
import {
  formatOf,
  hasArrays,
  hasNames,
  metaColumn,
  optionsOf,
  sourcesOf,
  type TableColumn,
  type WriteFiles,
  writers,
} from "./format-files.ts";

// A row means the same in every format: what a column that is absent or null becomes, what may not be given, and the code,
// words and field of each refusal. Every format, every field type.

const ROWS = 3;
const key: FieldSample = fieldSamples.find(({ type }) => type === DataType.Int32) as FieldSample;
const id: TableColumn = { name: "id", sample: { ...key, type: DataType.Int64 } };

/** A collection with the key `id`, the field `f`, a vector that nothing is asked of, and more. */
function schemaOf(sample: FieldSample, change: Partial<FieldSchema> = {}, isDynamic = false): CollectionSchema {
  const schema = fixtureSchema({
    enable_dynamic_field: isDynamic,
    fields: [
      { name: "id", type: DataType.Int32, is_primary: true },
      { name: "f", type: sample.type, ...sample.field },
    ],
  });
  return { ...schema, fields: schema.fields.map((field) => (field.name === "f" ? { ...field, ...change } : field)) };
}

/** What reading gives: rows, or the refusal without what the format alone knows. */
type Outcome = readonly CanonicalRow[] | { code: string; words: string; field: string | undefined };

async function outcomeOf(
  format: string,
  write: WriteFiles,
  schema: CollectionSchema,
  columns: readonly TableColumn[],
  options: Record<string, string> = {},
): Promise<Outcome | undefined> {
  const files = write(columns, ROWS);
  if (!files) return undefined;
  try {
    const input = readerInput(schema, await sourcesOf(files), { ...optionsOf(format, columns), ...options });
    await using reader = formatNamed(formatOf(format)).open(input);
    const rows: CanonicalRow[] = [];
    for await (const batch of reader.batches({ batchBytes: 1 << 20, signal: new AbortController().signal }))
      rows.push(...canonicalRows(schema, completeBatch(input.plan.schema, batch)));
    return rows;
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    const { code, reason, at } = error;
    // What follows the first colon is the format's own, such as the list of its files.
    return { code, words: reason.split(":")[0], field: at?.field };
  }
}

/** Expects one outcome of all formats that can express the columns; at least of the rows of text. */
async function expectOutcome(
  schema: CollectionSchema,
  columns: readonly TableColumn[],
  expected: Outcome,
  options?: Record<string, string>,
  isMeant: (format: string) => boolean = () => true,
): Promise<void> {
  for (const [format, write] of Object.entries(writers).filter(([name]) => isMeant(name))) {
    const outcome = await outcomeOf(format, write, schema, columns, options);
    if (outcome !== undefined || format.startsWith("json"))
      expect({ format, outcome }).toEqual({ format, outcome: expected });
  }
}

const rowsWith = (cells: (row: number) => Record<string, unknown>) =>
  Array.from({ length: ROWS }, (_, row) => ({ id: key.json, ...cells(row) })) as CanonicalRow[];
const hasNoNumpyForm = (type: DataType) => type === DataType.SparseFloatVector;

describe.each(fieldSamples.map((sample) => [dataTypeName(sample.type), sample] as const))("a %s field", (_, sample) => {
  const given: TableColumn = { name: "f", sample };
  const someGiven: TableColumn = { ...given, isGiven: (row) => row !== 1 };

  it("has the value that is given", () =>
    expectOutcome(
      schemaOf(sample),
      [id, given],
      rowsWith(() => ({ f: sample.canonical })),
    ));

  it("is missed where it is absent and must have one", async () => {
    const missed = { code: "schema_mismatch", words: "value of field 'f' is missed", field: "f" };
    const unsupported = { code: "unsupported", field: "f" };
    for (const [format, write] of Object.entries(writers)) {
      const outcome = await outcomeOf(format, write, schemaOf(sample), [id]);
      if (outcome === undefined) continue;
      if (hasArrays(format) && hasNoNumpyForm(sample.type)) expect(outcome).toMatchObject(unsupported);
      else expect({ format, outcome }).toEqual({ format, outcome: missed });
    }
  });

  it("is null where it is absent or null, and may be", async () => {
    const schema = schemaOf(sample, { nullable: true });
    await expectOutcome(
      schema,
      [id],
      rowsWith(() => ({ f: null })),
    );
    await expectOutcome(
      schema,
      [id, someGiven],
      rowsWith((row) => ({ f: row === 1 ? null : sample.canonical })),
    );
  });

  it("is refused where it is null and may not be", async () => {
    const words = "the field 'f' is not nullable but the file contains null value";
    const refused = { code: "value_invalid", words, field: "f" };
    // The null key of CSV is a text like others where null cannot be.
    const isText = sample.type === DataType.VarChar;
    const isSeparated = (format: string) => format === "csv" || format === "tsv";
    await expectOutcome(schemaOf(sample), [id, someGiven], refused, {}, (format) => !(isText && isSeparated(format)));
    const rows = rowsWith((row) => ({ f: row === 1 ? "" : sample.canonical }));
    if (isText) await expectOutcome(schemaOf(sample), [id, someGiven], rows, {}, isSeparated);
  });

  if (sample.default) {
    const { value, canonical } = sample.default;
    it.each([false, true])("has its default where it is absent or null, nullable or not: %s", async (nullable) => {
      const schema = schemaOf(sample, { defaultValue: value, nullable });
      await expectOutcome(
        schema,
        [id],
        rowsWith(() => ({ f: canonical })),
      );
      await expectOutcome(
        schema,
        [id, someGiven],
        rowsWith((row) => ({ f: row === 1 ? canonical : sample.canonical })),
      );
    });
  }

  it("has the import's default where it is absent or null", async () => {
    const schema = schemaOf(sample);
    const options = { default_fields: JSON.stringify({ f: sample.json }) };
    const rows = rowsWith(() => ({ f: sample.canonical }));
    for (const columns of [[id], [id, someGiven]]) await expectOutcome(schema, columns, rows, options);
  });

  it("may not be given where a function makes it, and need not be", async () => {
    const schema = schemaOf(sample, { isFunctionOutput: true });
    const words =
      "not allowed to provide data for function output field 'f', set collection property 'collection.function.allowInsertNonBM25FunctionOutputs' to enable";
    await expectOutcome(schema, [id, given], { code: "schema_mismatch", words, field: "f" }, {}, hasNames);
    await expectOutcome(
      schema,
      [id],
      rowsWith(() => ({})),
    );
  });

  it("may not stand in $meta", async () => {
    const schema = schemaOf(sample, { nullable: true }, true);
    const words = "duplicated key is not allowed, key=f";
    const meta = metaColumn('{"x":1,"f":{"f":2}}');
    await expectOutcome(schema, [id, given, meta], { code: "value_invalid", words, field: "f" });
    await expectOutcome(schema, [id, meta], { code: "value_invalid", words, field: "f" });
  });

  it("is found where fields_mapping says", async () => {
    const schema = schemaOf(sample);
    const elsewhere: TableColumn = { name: "source.name", sample };
    const options = { fields_mapping: JSON.stringify({ "source.name": "f" }) };
    await expectOutcome(
      schema,
      [id, elsewhere],
      rowsWith(() => ({ f: sample.canonical })),
      options,
    );
    const words = "value of field 'f' is missed";
    // Its own name then means nothing.
    await expectOutcome(schema, [id, given], { code: "schema_mismatch", words, field: "f" }, options);
  });
});

describe.each(otherForms)("a field of type %s", (_, sample) => {
  const given: TableColumn = { name: "f", sample };
  const someGiven: TableColumn = { ...given, isGiven: (row) => row !== 1 };

  it("has the same value", () =>
    expectOutcome(
      schemaOf(sample),
      [id, given],
      rowsWith(() => ({ f: sample.canonical })),
    ));

  it("is null, or refused, where there is none", async () => {
    const rows = rowsWith((row) => ({ f: row === 1 ? null : sample.canonical }));
    await expectOutcome(schemaOf(sample, { nullable: true }), [id, someGiven], rows);
    const words = "the field 'f' is not nullable but the file contains null value";
    await expectOutcome(schemaOf(sample), [id, someGiven], { code: "value_invalid", words, field: "f" });
  });
});

describe("an automatic key", () => {
  const [text, integer] = [DataType.VarChar, DataType.Int64].map((type) =>
    fieldSamples.find((sample) => sample.type === type),
  ) as [FieldSample, FieldSample];

  it.each([
    ["VarChar", text],
    ["Int64", integer],
  ])("of type %s may not be given, unless the collection allows it", async (_, sample) => {
    const fields = [{ name: "id", type: sample.type, ...sample.field, is_primary: true, auto_id: true }];
    const schema = fixtureSchema({ fields: [...fields, { name: "f", type: key.type }] });
    const f: TableColumn = { name: "f", sample: key };
    const refused = {
      code: "schema_mismatch",
      words: "the primary key 'id' is auto-generated, no need to provide",
      field: "id",
    };
    await expectOutcome(schema, [{ name: "id", sample }, f], refused);
    await expectOutcome(schema, [f], Array.from({ length: ROWS }, () => ({ f: key.canonical })) as CanonicalRow[]);
    await expectOutcome(
      { ...schema, allowInsertAutoId: true },
      [{ name: "id", sample }, f],
      Array.from({ length: ROWS }, () => ({ id: sample.canonical, f: key.canonical })) as CanonicalRow[],
    );
  });
});

describe("the dynamic column", () => {
  const schema = fixtureSchema({
    enable_dynamic_field: true,
    fields: [{ name: "id", type: key.type, is_primary: true }],
  });

  it("is what $meta holds", () =>
    expectOutcome(
      schema,
      [id, metaColumn('{"a":{"id":1}}')],
      rowsWith(() => ({ $meta: { a: { id: 1 } } })),
    ));

  it("is an empty object where it is absent", () =>
    expectOutcome(
      schema,
      [id],
      rowsWith(() => ({ $meta: {} })),
    ));

  it.each([
    ["[1]", "illegal value for dynamic field, not a JSON object", "$meta"],
    ["{'a':1}", "illegal value for dynamic field, not a JSON format string", "$meta"],
    ['{"\\u0069d":7}', "duplicated key is not allowed, key=id", "id"],
    ['{"$meta":7}', "duplicated key is not allowed, key=$meta", "$meta"],
  ])("refuses %s", (text, words, field) =>
    expectOutcome(schema, [id, metaColumn(text)], { code: "value_invalid", words, field }),
  );
});

describe("a struct array", () => {
  const member = { name: "a", type: DataType.Int64 };
  const schema = fixtureSchema({
    fields: [{ name: "id", type: key.type, is_primary: true }],
    struct_fields: [{ name: "s", max_capacity: 4, fields: [member] }],
  });
  const flat: TableColumn = {
    name: "s[a]",
    // NumPy files are refused for the whole collection.
    sample: { ...(fieldSamples.find(({ type }) => type === DataType.Array) as FieldSample), npy: undefined },
  };

  it("takes its members inside of it only", () =>
    expectOutcome(schema, [id, flat], {
      code: "schema_mismatch",
      words: "'s[a]' must be given inside of its struct array, as list of structs",
      field: "s[a]",
    }));

  it("is missed as a whole", async () => {
    const missed = { code: "schema_mismatch", words: "value of field 's' is missed", field: "s" };
    for (const [format, write] of Object.entries(writers)) {
      const outcome = await outcomeOf(format, write, schema, [id]);
      if (outcome === undefined) continue;
      // Milvus refuses NumPy files for the whole collection.
      if (hasArrays(format)) expect(outcome).toMatchObject({ code: "unsupported" });
      else expect({ format, outcome }).toEqual({ format, outcome: missed });
    }
  });
});
