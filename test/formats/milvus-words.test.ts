import { describe, expect, it } from "@jest/globals";
import { checkRequestedPaths, formatNamed, groupNestedFiles } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { parseImportSpec } from "@sluice/jobs";
import { memoryFile } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { parquetWriteBuffer } from "hyparquet-writer";
import { npyBytes } from "../support/source-files.ts";

// The words of refusals on which clients of Milvus match, each brought about by a file or a request. What we add stands behind.

type Field = Parameters<typeof fixtureSchema>[0]["fields"][number];
const id = { name: "id", type: DataType.Int64, is_primary: true } as Field;
const f = (type: DataType, more: object = {}) => ({ name: "f", type, ...more }) as Field;
const text = f(DataType.VarChar, { params: { max_length: 3 } });
const vector = f(DataType.FloatVector, { params: { dim: 2 } });
const integers = f(DataType.Array, { element_type: DataType.Int64, params: { max_capacity: 2 } });
const sparse = f(DataType.SparseFloatVector);

/** Why these files are not read as rows of these fields. */
async function refusal(
  files: Readonly<Record<string, string | Uint8Array>>,
  fields: readonly Field[],
  { options = {}, isDynamic = false }: { options?: Record<string, string>; isDynamic?: boolean } = {},
): Promise<string> {
  const schema = fixtureSchema({ enable_dynamic_field: isDynamic, fields } as never);
  const sources = await Promise.all(
    Object.entries(files).map(([path, bytes]) => memoryFile(path, Buffer.from(bytes as string))),
  );
  const format = Object.keys(files)[0].replace(/^.*\./, "");
  const reading = async () =>
    readCanonicalRows(schema, formatNamed(format).open(readerInput(schema, sources, options)));
  return reading().then(
    (rows) => `was read: ${JSON.stringify(rows)}`,
    (error: Error) => error.message,
  );
}

const json = (value: unknown) => ({ "t.json": typeof value === "string" ? value : JSON.stringify(value) });
const row = (value: unknown) => json([{ id: 1, f: value }]);
const csv = (lines: string) => ({ "t.csv": lines });
const int64 = (count: number) => npyBytes("<i8", [count], new Uint8Array(8 * count));
const parquet = (columns: readonly object[]) => {
  const columnData = [{ name: "id", data: [1n], type: "INT64" }, ...columns] as never;
  return { "t.parquet": new Uint8Array(parquetWriteBuffer({ columnData })) };
};

describe("a file is refused in Milvus's words", () => {
  it.each<[string, Readonly<Record<string, string | Uint8Array>>, readonly Field[], object?]>([
    ["invalid JSON format, the content should be started with '{' or '['", json("7"), [id]],
    ["invalid JSON format, rows list should begin with '['", json('{"rows": 7}'), [id]],
    ["invalid JSON format, each row should be a key-value map, but got type json.Number", json("[1, 2]"), [id]],
    ["failed to decode row, error: ", json('[{"id": 1,}]'), [id]],
    ["value of field 'f' is missed", json([{ id: 1 }]), [id, text]],
    ["value of field 'f' is missed", csv("id\n1\n"), [id, text]],
    [
      "the primary key 'id' is auto-generated, no need to provide",
      json([{ id: 1 }]),
      [{ ...id, auto_id: true } as Field],
    ],
    ["expected type 'Int64' for field 'id', got type 'string' with value '\"x\"'", json([{ id: "x" }]), [id]],
    ["expected dim '2' for field 'f' with type 'FloatVector', got dim '3'", row([1, 2, 3]), [id, vector]],
    ["expected element type 'Int64' in array field, got type 'string' with value '\"x\"'", row(["x"]), [id, integers]],
    [
      "expected element type 'Int64' in array field, got type 'string' with value '\"x\"'",
      csv('id,f\n1,"[1,""x""]"\n'),
      [id, integers],
    ],
    [
      "expected element type 'Int64' in array field, got type 'nil' with value 'null'",
      csv('id,f\n1,"[1,null]"\n'),
      [id, integers],
    ],
    [
      "expected type 'FloatVector' for field 'f', got type 'string' with value '[1,\"x\"]': found \"\\\"x\\\"]\"",
      csv('id,f\n1,"[1,""x""]"\n'),
      [id, vector],
    ],
    ["value length(4) for field f exceeds max_length(3)", row("abcd"), [id, text]],
    ["array capacity(3) for field f exceeds max_capacity(2)", row([1, 2, 3]), [id, integers]],
    ["field 'f' contains invalid UTF-8 data, value=", { "t.csv": Buffer.from("id,f\n1,\xff\n", "latin1") }, [id, text]],
    [
      "illegal value for dynamic field, not a JSON format string",
      json([{ id: 1, $meta: "{" }]),
      [id],
      { isDynamic: true },
    ],
    ["illegal value for dynamic field, not a JSON object", json([{ id: 1, $meta: "[]" }]), [id], { isDynamic: true }],
    ["duplicated key is not allowed, key=x", json([{ id: 1, $meta: { x: 1 }, x: 2 }]), [id], { isDynamic: true }],
    [
      "duplicated key in dynamic field, key=x: it is a column",
      csv('id,x,$meta\n1,2,"{""x"":1}"\n'),
      [id],
      { isDynamic: true },
    ],
    ["the number of fields in the row is not equal to the header", csv("id\n1,2\n"), [id]],
    ["unsupported csv separator: ", csv("id\n1\n"), [id], { options: { sep: "\n" } }],
    ["no file for field: f, files: [id.npy]", { "id.npy": int64(1) }, [id, text]],
    [
      "unsupported importing numpy files for collection with data type: SparseFloatVector",
      { "id.npy": int64(1) },
      [id, sparse],
    ],
    [
      "expected element type 'Bool' for field 'f', got type 'Int64'",
      { "id.npy": int64(1), "f.npy": int64(1) },
      [id, f(DataType.Bool)],
    ],
    [
      "unexpected numpy header for field 'id': 'the numpy file dtype '<c16' is not supported'",
      { "id.npy": npyBytes("<c16", [1], new Uint8Array(16)) },
      [id],
    ],
    [
      "expected shape '2' for FloatVector field 'f', got shape '1'",
      { "id.npy": int64(1), "f.npy": int64(1) },
      [id, vector],
    ],
    [
      "imported rows are not aligned, field 'id' with '1' rows, field 'n' with '2' rows",
      { "id.npy": int64(1), "n.npy": int64(2) },
      [id, { ...f(DataType.Int64), name: "n" }],
    ],
    [
      "schema not equal, err=field 'f' type mis-match, expect arrow type 'string', get arrow data type",
      parquet([{ name: "f", data: [1], type: "DOUBLE" }]),
      [id, text],
    ],
    ["no parquet field for milvus field 'f'", parquet([]), [id, text]],
    [
      "there is multi field with name: f",
      parquet([
        { name: "f", data: [1n], type: "INT64" },
        { name: "f", data: [1n], type: "INT64" },
      ]),
      [id, f(DataType.Int64)],
    ],
    [
      "the field 'f' is not nullable but the file contains null value",
      parquet([{ name: "f", data: [null], type: "INT64", nullable: true }]),
      [id, f(DataType.Int64)],
    ],
    ["unsorted or same indices in sparse float vector", row({ indices: [1, 1], values: [1, 2] }), [id, sparse]],
    ["negative value in sparse float vector", row({ 1: -1 }), [id, sparse]],
    ["indices and values length mismatch", row({ indices: [1], values: [1, 2] }), [id, sparse]],
  ])("%s", async (...[words, files, fields, more]) => {
    expect(await refusal(files, fields, more)).toContain(words);
  });
});

const spec = (key: string, value: string) => parseImportSpec([{ key, value }]);

describe("a request is refused in Milvus's words", () => {
  it.each<[string, () => unknown]>([
    ["import request is empty", () => checkRequestedPaths([[]])],
    ["inconsistency in file types, (a.json) vs (b.csv)", () => groupNestedFiles([["a.json", "b.csv"]])],
    ["parse timeout failed: ", () => spec("timeout", "soon")],
    ['options.auto_commit must be one of "true" or "false"', () => spec("auto_commit", "1")],
  ])("%s", (words, act) => expect(act).toThrow(words));
});
