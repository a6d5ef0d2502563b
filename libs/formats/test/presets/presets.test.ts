import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { expectedRows, fixtureSchema, readFixtureFolder, runCase } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { openReader } from "../../src/format-list.ts";
import { planFields } from "../../src/plan-fields.ts";
import { presets } from "../../src/presets/presets.ts";

const fixtures = join(import.meta.dirname, "../../../../test/fixtures");
const sources = await folderSources(fixtures);
const folder = readFixtureFolder(join(fixtures, "presets"));

test.each(folder.cases.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
  const outcome = await runCase(folder, fixture, sources, (input) => openReader(fixture.type, input));
  if (outcome instanceof ImportError) throw outcome;
  expect(outcome).toEqual(expectedRows(folder, fixture));
});

it("every preset has a sample", () => {
  const sampled = folder.cases.flatMap(({ options }) => options?.preset ?? []);
  expect([...new Set(sampled)].sort()).toEqual(Object.keys(presets).sort());
});

const vector = (name: string) => ({ name, type: DataType.FloatVector, params: { dim: 2 } });
const schemaOf = (...fields: object[]) => fixtureSchema({ fields } as never);
const key = { name: "key", type: DataType.Int64, is_primary: true };
const schema = schemaOf(key, vector("emb"));
const plan = (options: Record<string, unknown>, of = schema) =>
  planFields(
    of,
    Object.fromEntries(
      Object.entries(options).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  );
const mapped = (options: Record<string, unknown>, of = schema) => Object.fromEntries(plan(options, of).options.mapping);

describe("a preset", () => {
  it("gives way to what the import says itself", () => {
    expect(mapped({ preset: "qdrant", fields_mapping: { uuid: "key" } })).toEqual({ uuid: "key", vector: "emb" });
    expect(mapped({ preset: "qdrant", fields_mapping: { vector: null } })).toEqual({ id: "key" });
  });

  it("asks which of several vectors is meant", () => {
    const two = schemaOf(key, vector("a"), vector("b"));
    expect(() => plan({ preset: "qdrant" }, two)).toThrow(/'vector' may be 'a' or 'b': say in fields_mapping/);
    expect(mapped({ preset: "qdrant", fields_mapping: { other: "b" } }, two)).toMatchObject({ vector: "a" });
  });

  it("leaves an automatic key alone", () => {
    expect(mapped({ preset: "qdrant" }, schemaOf({ ...key, autoID: true, auto_id: true }, vector("emb")))).toEqual({
      vector: "emb",
    });
  });

  it("may be the user's own", () => {
    expect(
      mapped({ preset: { description: "ours", fields_mapping: { k: "$id", "d.v": "$vector", x: null } } }),
    ).toEqual({
      k: "key",
      "d.v": "emb",
    });
  });

  it.each([
    ["pinecne", "options.preset: 'pinecne' is not known (did you mean 'pinecone'?); known are ann-benchmarks, "],
    ['{"fields_mapping":{},"fields_maping":{}}', "options.preset.fields_maping is not known (did you mean"],
    ['{"fields_mapping":{"a":"$id","a":"b"}}', "options.preset.fields_mapping.a is given twice"],
    ['{"fields_mapping":[]}', "options.preset.fields_mapping must be a JSON object"],
    ['{"fields_mapping":{"a":{"field":"key","for":"x"}}}', "options.preset.fields_mapping['a'].for must be"],
    ['{"fields_mapping":{"a":{"field":"emb","as":"x"}}}', "as must be one of base64"],
  ])("%s is refused", (preset, words) => expect(() => plan({ preset })).toThrow(words));
});
