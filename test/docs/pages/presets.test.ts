import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import type { FieldSample } from "../../formats/field-samples.ts";
import { sourcesOf, type TableColumn, writers } from "../../formats/format-files.ts";
import { root } from "../blocks.ts";

// What a page shows of files, as files of the kind that it names, is read, or refused, as it says.

const folder = join(root, "docs/presets");
const names = readdirSync(folder).map((file) => file.replace(/\.md$/, ""));
const example =
  /^(Parquet|JSON lines|CSV|HDF5)(, into a collection whose key is an Int64)?:\n\n```\w+\n([^`]*)```\n(?:\nwith the options\n\n```json\n([^`]*)```\n)?\n(becomes|is refused):?\n\n```(?:jsonl)?\n([^`]*)```$/gm;

interface Example {
  readonly name: string;
  /** On its page. */
  readonly number: number;
  readonly kind: string;
  readonly keyType: DataType;
  readonly sample: string;
  readonly options: string;
  readonly isRefused: boolean;
  readonly outcome: string;
}

const pages = names.map((name) => ({ name, text: readFileSync(join(folder, `${name}.md`), "utf8") }));
const examples = pages.flatMap(({ name, text }) =>
  [...text.matchAll(example)].map(([, kind, integer, sample, options = "{}", verdict, outcome], i): Example => {
    const keyType = integer ? DataType.Int64 : DataType.VarChar;
    return { name, number: i + 1, kind, keyType, sample, options, isRefused: verdict === "is refused", outcome };
  }),
);

describe("docs/presets", () => {
  it("has a page for each line of docs/presets.md", () => {
    const index = readFileSync(join(root, "docs/presets.md"), "utf8");
    const listed = [...index.matchAll(/^\| \[`([a-z-]+)`\]\(presets\/\1\.md\) \|/gm)].map(([, name]) => name);
    expect(names.sort()).toEqual(listed.sort());
  });

  it.each(pages)("$name: every sample is one that is read here", ({ name, text }) => {
    const samples = text.match(/^(becomes|is refused:)$/gm) ?? [];
    expect(samples.length).toBeGreaterThan(1);
    expect(examples.filter((one) => one.name === name)).toHaveLength(samples.length);
    expect(text).toContain(`"options": {"preset": "${name}"}`);
  });

  it.each(examples)("$name: example $number, $kind", async (one) => {
    const schema = schemaOf(one.keyType);
    const read = async () => {
      const [format, files] = fileOf(one.kind, one.sample);
      const options = optionsOf({ preset: one.name, ...JSON.parse(one.options) });
      const reader = formatNamed(format).open(readerInput(schema, await sourcesOf(files), options));
      return await readCanonicalRows(schema, reader);
    };
    if (one.isRefused) await expect(read()).rejects.toThrow(one.outcome.trim());
    else expect(await read()).toEqual(linesOf(one.outcome));
  });
});

/** As an import takes them: texts, and documents of JSON. */
function optionsOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(given).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(texts);
}

function schemaOf(keyType: DataType) {
  const text = { type: DataType.VarChar, params: { max_length: 64 } };
  return fixtureSchema({
    enable_dynamic_field: true,
    fields: [
      { ...text, name: "key", type: keyType, is_primary: true },
      { ...text, name: "title", nullable: true },
      { name: "vector", type: DataType.FloatVector, params: { dim: 3 } },
    ],
  });
}

function fileOf(kind: string, sample: string): [format: string, files: Readonly<Record<string, Uint8Array>>] {
  if (kind === "CSV") return ["csv", { "t.csv": Buffer.from(sample) }];
  if (kind === "JSON lines") return ["jsonl", { "t.jsonl": Buffer.from(sample) }];
  const format = kind === "HDF5" ? "hdf5" : "parquet";
  const [row] = linesOf(sample);
  const columns = Object.entries(row).map(([name, value]): TableColumn => ({ name, sample: sampleOf(name, value) }));
  return [format, writers[format](columns, 1) ?? {}];
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** A list is one of floats; what is shown in base64 are bytes. */
function sampleOf(name: string, value: unknown): FieldSample {
  const base = { type: DataType.None, json: value, canonical: value };
  if (Array.isArray(value)) {
    const bytes = new Uint8Array(Float32Array.from(value).buffer);
    const npy = { descr: "<f4", items: value.length, bytes };
    return { ...base, npy, parquet: { type: "FLOAT", isList: true, value } };
  }
  if (typeof value === "number") return { ...base, parquet: { type: "INT64", value: BigInt(value) } };
  const text = String(value);
  const isBytes = ["vector", "properties"].includes(name);
  if (isBytes) return { ...base, parquet: { type: "BYTE_ARRAY", value: Buffer.from(text, "base64") } };
  return { ...base, parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: text } };
}
