import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type ParquetFile, parseFooter, type SchemaNode } from "@sluice/parquet";
import { type FileMetaData, parquetMetadata } from "hyparquet";

// Footers of many writers say to our reader what they say to another one.

const root = join(import.meta.dirname, "../..");
const fixtures = globSync(
  [
    "test/fixtures/**/*.parquet",
    "libs/formats/test/columnar/parquet/fixtures/**/*.parquet",
    "libs/binlog/test/parquet-fixtures/*.parquet",
  ],
  { cwd: root },
).sort();

/** Footers that are damaged on purpose: one of the readers refuses them. */
function both(file: Buffer): [ours: ParquetFile, other: FileMetaData] | undefined {
  try {
    return [parseFooter(file), parquetMetadata(Uint8Array.from(file).buffer, { geoparquet: false })];
  } catch {
    return undefined;
  }
}

const read = fixtures.flatMap((name) => {
  const pair = both(readFileSync(join(root, name)));
  return pair ? [[name, ...pair] as const] : [];
});

test("nearly all fixtures are read by both", () => {
  expect(read.length).toBeGreaterThan(100);
  expect(fixtures.length - read.length).toBeLessThan(20);
});

describe.each(read)("%s", (_name, ours, other) => {
  test("schema", () => {
    const elements = allNodes(ours.root).map(({ element }) => ({
      name: element.name,
      type: element.type,
      length: element.typeLength,
      repetition: element.repetition,
      children: element.childCount,
      converted: element.converted,
      logical: element.logical?.type,
      isSigned: element.logical?.isSigned ?? false,
      bitWidth: element.logical?.bitWidth ?? 0,
    }));
    const expected = other.schema.map((element) => ({
      name: element.name,
      type: element.type,
      length: element.type_length ?? 0,
      repetition: element.repetition_type,
      children: element.num_children ?? 0,
      converted: element.converted_type,
      logical: element.logical_type?.type,
      isSigned: element.logical_type?.type === "INTEGER" && element.logical_type.isSigned,
      bitWidth: element.logical_type?.type === "INTEGER" ? element.logical_type.bitWidth : 0,
    }));
    expect(elements).toEqual(expected);
  });

  test("row groups", () => {
    const groups = ours.rowGroups.map(({ rowCount, chunks }) => ({ rowCount, chunks }));
    const expected = other.row_groups.map(({ num_rows, columns }) => ({
      rowCount: Number(num_rows),
      chunks: columns.map(({ meta_data: column }) => {
        const data = Number(column!.data_page_offset);
        const start = Math.min(Number(column!.dictionary_page_offset || data), data);
        return {
          start,
          end: start + Number(column!.total_compressed_size),
          codec: column!.codec,
          numValues: Number(column!.num_values),
          uncompressedBytes: Number(column!.total_uncompressed_size),
        };
      }),
    }));
    expect(groups).toEqual(expected);
    expect(ours.rowCount).toBe(Number(other.num_rows));
  });
});

function allNodes(node: SchemaNode): SchemaNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}
