import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readerInput } from "@sluice/formats/testing";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { type FieldSample, fieldSamples } from "./field-samples.ts";
import { formatOf, optionsOf, sourcesOf, type TableColumn, writers } from "./format-files.ts";

// What is wrong with the columns of a source is told at once, in every format, with what leads on.

const sampleOf = (type: DataType) => fieldSamples.find((sample) => sample.type === type) as FieldSample;
const column = (name: string, type = DataType.Int32): TableColumn => ({ name, sample: sampleOf(type) });
const schemaOf = (fields: Record<string, DataType>): CollectionSchema =>
  fixtureSchema({
    fields: Object.entries(fields).map(([name, type], i) => ({
      ...{ name, type, ...sampleOf(type).field },
      is_primary: i === 0,
    })),
  });

/** The refusal of reading, by format. */
async function refusals(
  schema: CollectionSchema,
  columns: readonly TableColumn[],
  options?: Record<string, string>,
): Promise<Map<string, ImportError>> {
  const found = new Map<string, ImportError>();
  for (const [format, write] of Object.entries(writers)) {
    const files = write(columns, 2);
    if (!files) continue;
    await using reader = formatNamed(formatOf(format)).open(
      readerInput(schema, await sourcesOf(files), { ...optionsOf(format, columns), ...options }),
    );
    const reading = async () => {
      for await (const _ of reader.batches({ batchBytes: 1 << 20, signal: new AbortController().signal }));
    };
    await reading().catch((error) => found.set(format, error as ImportError));
    if (found.get(format) instanceof ImportError) continue;
    throw new Error(`${format} is not refused`, { cause: found.get(format) });
  }
  return found;
}

describe("a field whose column is misspelt", () => {
  it.each([
    ["emebdding", "embedding"],
    ["Title", "title"],
    ["vec", "vecs"],
  ])("'%s' is asked after: '%s'", async (given, wanted) => {
    const schema = schemaOf({ id: DataType.Int32, [wanted]: DataType.Int32 });
    for (const [, { reason, at }] of await refusals(schema, [column("id"), column(given), column("x")])) {
      expect(reason).toContain(`value of field '${wanted}' is missed: `);
      expect(reason).toContain(`(did you mean '${given}'?)`);
      // HDF5 keeps names in their own order.
      const names = ["id", given, "x"].map((name) => `'${name}'|[[ ]${name}(\\.npy)?[,\\]]`);
      for (const name of names) expect(reason).toMatch(new RegExp(name));
      expect(at?.field).toBe(wanted);
    }
  });

  it("is not confused with a column that feeds another field", async () => {
    const schema = schemaOf({ id: DataType.Int32, v1: DataType.Int32, v2: DataType.Int32 });
    for (const [, { reason }] of await refusals(schema, [column("id"), column("v1")]))
      expect(reason).not.toContain("did you mean");
  });

  it("is told with the source that the mapping names", async () => {
    const options = { fields_mapping: '{"embeddings":"v"}' };
    const schema = schemaOf({ id: DataType.Int32, v: DataType.Int32 });
    for (const [, { reason }] of await refusals(schema, [column("id"), column("embedding")], options)) {
      expect(reason).toContain("fields_mapping looks for it in 'embeddings'");
      expect(reason).toContain("(did you mean 'embedding'?)");
    }
  });
});

describe("several faults", () => {
  it("are told at once, the first in Milvus's words", async () => {
    const schema = schemaOf({ id: DataType.Int32, a: DataType.Int32, b: DataType.Int32, c: DataType.Int32 });
    for (const [, { reason, at }] of await refusals(schema, [column("id"), column("c")])) {
      expect(reason).toMatch(/^value of field 'a' is missed: /);
      expect(reason).toMatch(/also missed: 'b'|1 more fault: value of field 'b' is missed/);
      expect(at?.field).toBe("a");
    }
  });

  it("of types and names stand side by side where columns have types", async () => {
    const schema = schemaOf({ id: DataType.Int32, text: DataType.VarChar, flag: DataType.Bool, more: DataType.Int32 });
    const found = await refusals(schema, [column("id"), column("text"), column("flag")]);
    expect(found.get("parquet")?.reason).toMatch(
      /^value of field 'more' is missed.*; 2 more faults: .*'text'.*string.*; .*'flag'.*bool/,
    );
    expect(found.get("npy")?.reason).toMatch(/^value of field 'more' is missed.*; 2 more faults: .*VarChar.*; .*Bool/);
  });

  it("take no more room than one reason may", async () => {
    const names = Array.from({ length: 60 }, (_, i) => `${"f".repeat(200)}${i}`);
    const schema = schemaOf({ id: DataType.Int32, ...Object.fromEntries(names.map((name) => [name, DataType.Int32])) });
    for (const [, { reason }] of await refusals(schema, [column("id")])) {
      expect(reason.length).toBeLessThanOrEqual(2001);
      expect(reason).toMatch(/59 more faults|\(59 in all\)/);
    }
  });
});
