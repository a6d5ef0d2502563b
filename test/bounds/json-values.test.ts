import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { parquetWriteBuffer } from "hyparquet-writer";
import { npyBytes } from "../support/source-files.ts";

// A JSON value has one meaning, whichever format it comes in: it is kept, or refused for the same reason.

const schema = fixtureSchema({
  enable_dynamic_field: true,
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "j", type: 23 },
    { name: "v", type: 101, params: { dim: 1 } },
  ],
});

/** One row whose JSON field, given as text, is `cell`: what is read of it, or why not. */
async function read(format: string, files: Readonly<Record<string, Uint8Array>>): Promise<unknown> {
  const sources = await Promise.all(Object.entries(files).map(([path, bytes]) => memoryFile(path, bytes)));
  await using reader = formatNamed(format).open(readerInput(schema, sources));
  const rows = readCanonicalRows(schema, reader, 1 << 20);
  return rows.then(
    ([row]) => row.j,
    ({ code, reason, at }) => `${code} ${at.field} ${at.row}: ${reason}`,
  );
}

const formats: Readonly<Record<string, (cell: string) => Promise<unknown>>> = {
  "JSON Lines": (cell) => read("jsonl", { "a.jsonl": Buffer.from(`{"id":1,"v":[1],"j":${JSON.stringify(cell)}}\n`) }),
  NumPy: (cell) => {
    const points = Uint32Array.from(cell, (char) => char.codePointAt(0)!);
    return read("npy", {
      "id.npy": npyBytes("<i8", [1], BigInt64Array.of(1n)),
      "v.npy": npyBytes("<f4", [1, 1], Float32Array.of(1)),
      "j.npy": npyBytes(`<U${points.length}`, [1], points),
    });
  },
  Parquet: (cell) => {
    const columnData = [
      { name: "id", data: [1n] },
      { name: "v", data: [[1]] },
      { name: "j", data: [cell] },
    ];
    const file = parquetWriteBuffer({
      columnData,
      schema: [
        { name: "root", num_children: 3 },
        { name: "id", type: "INT64", repetition_type: "REQUIRED" },
        { name: "v", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
        { name: "j", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
      ],
    });
    return read("parquet", { "a.parquet": new Uint8Array(file) });
  },
};

describe.each(Object.entries(formats))("%s", (_, of) => {
  it.each<[string, unknown]>([
    ['{"a":1,"b":{"c":1,"c":2},"a":3}', { b: { c: 2 }, a: 3 }],
    ['{"a":"\\ud83d\\ude00"}', { a: "😀" }],
    ['[{"a":1,"\\u0061":2}]', [{ a: 2 }]],
  ])("keeps %s", async (cell, value) => expect(await of(cell)).toEqual(value));

  it.each([
    ['{"a":[1e400]}', "the number 1e400 is beyond the greatest double"],
    ['{"a":"\\ud800"}', "half of a surrogate pair"],
    [`${"[".repeat(513)}${"]".repeat(513)}`, "nested deeper than 512 levels"],
    [`[${"1".repeat(1025)}]`, "a number has 1025 characters, more than 1024"],
    ['{"a":1', "it is cut short"],
  ])("refuses %#", async (cell, reason) => {
    const refusal = String(await of(cell));
    expect(refusal).toContain("value_invalid j 0: ");
    expect(refusal).toContain(reason);
    expect(refusal.length).toBeLessThan(300);
  });
});
