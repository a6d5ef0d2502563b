import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import type { FieldSample } from "../../formats/field-samples.ts";
import { sourcesOf, type TableColumn, writers } from "../../formats/format-files.ts";
import { root } from "../blocks.ts";

// The page's samples, as files of the kind that it names, are read as it says.

const page = readFileSync(join(root, "docs/presets.md"), "utf8");
const section =
  /^### ([a-z-]+)\n\n(Parquet|JSON lines|CSV|HDF5)[^`]*```\w+\n([^`]*)```\n\nbecomes\n\n```jsonl\n([^`]*)```$/gm;
const samples = [...page.matchAll(section)].map(([, name, kind, sample, rows]) => ({ name, kind, sample, rows }));
const listed = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);

describe("docs/presets.md", () => {
  it("has a sample of every preset", () => expect(samples.map(({ name }) => name)).toEqual(listed));

  it.each(samples)("$name: the $kind becomes the rows beside it", async ({ name, kind, sample, rows }) => {
    const [format, files] = fileOf(kind, sample);
    const schema = schemaOf(name === "ann-benchmarks" ? DataType.Int64 : DataType.VarChar);
    const reader = formatNamed(format).open(readerInput(schema, await sourcesOf(files), { preset: name }));
    expect(await readCanonicalRows(schema, reader)).toEqual(linesOf(rows));
  });
});

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
