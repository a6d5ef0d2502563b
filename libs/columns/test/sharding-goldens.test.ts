import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { assignShards, type Column } from "@sluice/columns";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import fc from "fast-check";
import { assignPartitions } from "../src/assign.ts";
import { hashText } from "../src/hash.ts";
import { hashInt64 } from "./int64-hash.ts";

// The golden files say which keys a real Milvus 2.3.5 put together.
const fixtures = join(import.meta.dirname, "../../../test/fixtures");

interface Group {
  readonly shard?: number;
  readonly partition?: number;
  readonly keys: readonly string[];
}
interface Golden {
  readonly keyType: "int64" | "varchar";
  readonly shards?: number;
  readonly partitions?: number;
  readonly groups: readonly Group[];
}

function schemaOf(keyType: Golden["keyType"]): CollectionSchema {
  const dataType = keyType === "int64" ? DataType.Int64 : DataType.VarChar;
  const field = { fieldId: 100, name: "key", dataType, isPrimaryKey: true, isPartitionKey: true } as FieldSchema;
  return {
    name: "goldens",
    fields: [field],
    structs: [],
    enableDynamicField: false,
    allowInsertAutoId: false,
    timezone: "UTC",
  };
}

function columnOf(keyType: Golden["keyType"], keys: readonly string[]): Column {
  if (keyType === "int64")
    return {
      kind: "fixed",
      width: 8,
      data: new Uint8Array(BigInt64Array.from(keys, BigInt).buffer),
      validity: undefined,
    };
  const cells = keys.map((key) => Buffer.from(key));
  const offsets = new Uint32Array(keys.length + 1);
  for (const [i, cell] of cells.entries()) offsets[i + 1] = offsets[i] + cell.length;
  return { kind: "var", offsets, data: Buffer.concat(cells), validity: undefined };
}

describe.each(["hash-goldens.json", "hash-goldens-edges.json"])("%s", (file) => {
  const goldens = JSON.parse(readFileSync(join(fixtures, file), "utf8"));
  const cases: [string, Golden][] = [...goldens.shards, ...goldens.partitions].map((golden: Golden) => [
    `${golden.keyType} over ${golden.shards ?? golden.partitions} ${golden.shards ? "shards" : "partitions"}`,
    golden,
  ]);
  test.each(cases)("%s", (_name, { keyType, shards, partitions, groups }) => {
    for (const group of groups) {
      const out = new Uint16Array(group.keys.length);
      const batch = {
        rowCount: group.keys.length,
        columns: [columnOf(keyType, group.keys)],
        sourceBytes: 0,
      };
      if (shards) assignShards(schemaOf(keyType), batch, shards, out);
      else assignPartitions(schemaOf(keyType), batch, partitions ?? 0, out);
      expect([...new Set(out)]).toEqual([group.shard ?? group.partition]);
    }
  });
});

describe("hash tables of the binlog format", () => {
  test.each([
    [0n, 1669671676],
    [1n, 1392991556],
    [-1n, 1651860712],
    [100n, 1177227376],
    [9007199254740993n, 173845766],
    [-(2n ** 63n), 1366273829],
    [2n ** 63n - 1n, 40977599],
  ])("int64 %s", (key, hash) => {
    expect(hashInt64(Number(BigInt.asIntN(32, key)), Number(BigInt.asIntN(32, key >> 32n)))).toBe(hash);
  });

  it("are those by which the kernel finds shards", () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 1200 }),
        fc.integer({ min: 1, max: 65_536 }),
        (keys, shards) => {
          const column = columnOf("int64", keys.map(String));
          const out = new Uint16Array(keys.length);
          assignShards(schemaOf("int64"), { rowCount: keys.length, columns: [column], sourceBytes: 0 }, shards, out);
          const halves = keys.map((key) => [Number(BigInt.asIntN(32, key)), Number(BigInt.asIntN(32, key >> 32n))]);
          expect([...out]).toEqual(halves.map(([low, high]) => hashInt64(low, high) % shards));
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each([
    ["", 0],
    ["a", 3904355907],
    ["中文", 1510599991],
    ["x".repeat(150), 1577999759],
    ["中".repeat(40), 2286246091],
  ])("text %s", (key, hash) => {
    const bytes = Buffer.from(key);
    expect(hashText(bytes, 0, bytes.length)).toBe(hash);
  });

  it("reads a text inside of a larger buffer", () => expect(hashText(Buffer.from("xay"), 1, 2)).toBe(3904355907));
});
