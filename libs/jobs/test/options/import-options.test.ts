import { describe, expect, it } from "@jest/globals";
import { optionsJsonSchema, parseImportOptions } from "@sluice/jobs";
import { knownOptions } from "../../src/options/known-options.ts";

const list = (options: Record<string, unknown>) =>
  Object.entries(options).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
const parse = (options: Record<string, unknown>) =>
  parseImportOptions(list(options), new Set(["fields_mapping", "default_fields", "a_format_key"]));

const files = [{ path: "a/rows.json", type: "row_based", fields_mapping: { "rows.id": "uid" } }];
const source = {
  ...{ type: "minio", address: "localhost:9000", bucket_name: "aaa", use_ssl: false },
  ...{ accesskey_id: "KEYID", accesskey_secret: "HUNTER2" },
};

describe("the options document", () => {
  it("is the value of 'options', whose members are options", () => {
    const document = {
      external_data: { target_collection: "books", chunks: [{ files }], default_fields: { age: 0 } },
      ...{ timeout: "300s", a_format_key: 7, dry_run: true, fields_mapping: { a: "b" } },
    };
    expect(parse({ options: document })).toMatchObject({
      spec: {
        timeoutMs: 300_000,
        isDryRun: true,
        formatOptions: { fields_mapping: '{"a":"b"}', default_fields: '{"age":0}', a_format_key: "7" },
        warnings: [],
      },
      chunks: [{ files }],
      targetCollection: "books",
    });
  });

  it("may be given member by member", () => {
    const asked = parse({ external_data: { chunks: [{ files }] }, timeout: "1s" });
    expect(asked).toMatchObject({ chunks: [{ files }], spec: { timeoutMs: 1000 } });
  });

  it("keeps an int64 exactly as it was written", () => {
    const text = '{"external_data":{"default_fields":{"age":9007199254740993}}}';
    expect(parse({ options: text }).spec.formatOptions.default_fields).toBe('{"age":9007199254740993}');
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      "a key that is no such",
      { options: { external_data: { chunks: [{ files }, { files: [...files, { path: "x", typ: "row_based" }] }] } } },
      "options.external_data.chunks[1].files[1].typ is not known (did you mean 'type'?); known are fields_mapping, path, pre_allocated_auto_ids, type",
    ],
    ["a key of the document", { options: { tiemout: "1s" } }, "options.tiemout is not known (did you mean 'timeout'?)"],
    ["a key of a part", { external_data: { chunk: [] } }, "options.external_data.chunk is not known (did you mean"],
    ["a wrong type", { external_data: { chunks: [{ files: [{ path: 7 }] }] } }, "options.external_data.chunks[0].files[0].path: "],
    ["a wrong word", { external_data: { chunks: [{ files: [{ path: "a", type: "rows" }] }] } }, "chunks[0].files[0].type: "],
    ["an option given twice", { options: { timeout: "1s" }, timeout: "2s" }, "options.timeout is given twice"],
    ["a part given twice", { options: { external_data: {} }, external_data: {} }, "options.external_data is given twice"],
    ["a mapping given twice", { external_data: { fields_mapping: {} }, fields_mapping: {} }, "options.external_data.fields_mapping is given twice"],
    ["a key that stands twice", { options: '{"timeout":"1s","timeout":"1s"}' }, "options.timeout is given twice"],
    ["both kinds of data", { external_data: {}, internal_data: { path: "b" } }, "give one of them"],
    ["fields of a backup, by names", { internal_data: { path: "b" }, fields_mapping: { a: "b" } }, "fields are found by their ids"],
    ["no object", { options: "[]" }, "options must be a JSON object"],
    ["an object as a text", { options: { timeout: {} } }, "options.timeout: expected a text"],
  ])("%s is refused by its path", (_, options, words) => expect(() => parse(options)).toThrow(words)); // biome-ignore format: a table

  it("has bounds", () => {
    expect(() => parse({ options: `{"timeout":"${"x".repeat(1 << 20)}"}` })).toThrow("more than 1048576");
    expect(() => parse({ timeout: "x".repeat(4097) })).toThrow("more than 4096");
    expect(() => parse({ options: { fields_mapping: { a: "x".repeat(1 << 16) } } })).toThrow("more than 65536");
    const many = Array.from({ length: 1025 }, () => ({ path: "a.json" }));
    expect(() => parse({ external_data: { chunks: [{ files: many }] } })).toThrow("chunks[0].files: ");
  });
});

describe("credentials", () => {
  it("stand in nothing that is kept or shown", () => {
    const { dataSource, ...kept } = parse({ options: { data_source: source } });
    expect(dataSource).toEqual(source);
    expect(JSON.stringify(kept)).not.toMatch(/HUNTER2|KEYID/);
    expect(JSON.stringify(kept.spec.options)).toContain("localhost:9000");
    expect(parse({ ezk: "SECRET" }).spec.options).toEqual([["ezk", "***"]]);
  });

  it.each(['{"accesskey_secret":7,"type":"s3"}', '{"accesskey_secret":"HUNTER2",}', '{"type":"HUNTER2"}'])(
    "stand in no error: %s",
    (text) => expect(() => parse({ data_source: text })).toThrow(/^(?!.*HUNTER2)/),
  );
});

it("options of backups are known, and named as without effect", () => {
  expect(parse({ start_ts: "1", skip_disk_quota_check: "true" }).spec.warnings).toEqual([
    expect.stringContaining("option 'start_ts' has no effect"),
    expect.stringContaining("option 'skip_disk_quota_check' has no effect"),
  ]);
});

it("bounds of time are known whatever their case, each once", () => {
  const { spec } = parse({ backup: "true", StartTs: "1", END_TS: "2" });
  expect(spec.warnings).toEqual([]);
  expect(Object.fromEntries(spec.options)).toMatchObject({ startTs: "1", end_ts: "2" });
  expect(() => parse({ backup: "true", start_ts: "1", START_TS: "2" })).toThrow("duplicate option key 'start_ts'");
});

it("options of backups count beside backup=true, which leaves fields nothing to be found by but their ids", () => {
  const { spec } = parse({ backup: "True", start_ts: "1", skip_disk_quota_check: "true", storage_version: "2" });
  expect(spec).toMatchObject({ isBackup: true, warnings: [] });
  expect(() => parse({ backup: "true", fields_mapping: { a: "b" } })).toThrow("fields are found by their ids");
  expect(() => parse({ backup: "true", ezk: "a2V5" })).toThrow("encrypted backups are not read");
  for (const version of ["", "0", "1"])
    expect(parse({ backup: "true", storage_version: version }).spec.isBackup).toBe(true);
  expect(() => parse({ backup: "true", storage_version: "two" })).toThrow("parse storage_version failed");
  expect(() => parse({ backup: "true", storage_version: "3" })).toThrow("storage versions 1 and 2 are read");
});

it("the JSON Schema names every option with a description, and takes nothing else", () => {
  const schema = optionsJsonSchema() as { properties: Record<string, { description?: string }> };
  expect(schema).toMatchObject({ type: "object", additionalProperties: false });
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(knownOptions)));
  for (const [key, { description }] of Object.entries(schema.properties))
    expect([key, description]).toEqual([key, expect.any(String)]);
});
