import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { encodeInsertLog, parseBinlog } from "@sluice/binlog";
import type { Column } from "@sluice/columns";
import { DataType } from "@sluice/schema";

/** A Parquet reader in C++, independent of those that our own tests use, reads the payloads of our binlogs. */
describe("DuckDB reads our binlogs", () => {
  const rows = 5000;
  let folder = "";
  let duckdb: DuckDBConnection;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-duckdb-"));
    duckdb = await DuckDBConnection.create();
  });
  afterAll(() => {
    duckdb.closeSync();
    rmSync(folder, { recursive: true, force: true });
  });

  async function query(dataType: DataType, dim: number, column: Column, select: string): Promise<unknown[][]> {
    const nullable = column.validity !== undefined;
    const pieces = encodeInsertLog({
      collectionId: 1n,
      partitionId: 2n,
      segmentId: 3n,
      fieldId: 100,
      dataType,
      elementType: DataType.None,
      dim,
      nullable,
      column,
      rowCount: rows,
      minTimestamp: 1n,
      maxTimestamp: 1n,
      nowMs: 1,
      dialect: nullable ? "2.5" : "2.3",
    });
    const path = join(folder, `${dataType}-${nullable}.parquet`);
    writeFileSync(path, parseBinlog(Buffer.concat(pieces)).events[0].payload);
    return (await duckdb.runAndReadAll(`select ${select} from '${path}'`)).getRows();
  }

  it("integers, compressed, narrow ones as such", async () => {
    const ascending = fixed(
      8,
      new BigInt64Array(rows).map((_, i) => BigInt(i) * 10n ** 14n),
    );
    const sums = "count(*), min(val), max(val), sum(val)::varchar, typeof(any_value(val))";
    expect(await query(DataType.Int64, 0, ascending, sums)).toEqual([
      [5000n, 0n, 4999n * 10n ** 14n, "1249750000000000000000", "BIGINT"],
    ]);
    const small = fixed(
      1,
      new Int8Array(rows).map((_, i) => (i % 256) - 128),
    );
    expect(await query(DataType.Int8, 0, small, "min(val), max(val), typeof(any_value(val))")).toEqual([
      [-128, 127, "TINYINT"],
    ]);
  });

  it("a column of one value, from its dictionary", async () => {
    const constant = fixed(8, new BigInt64Array(rows).fill(445644800000000000n));
    const found = await query(DataType.Int64, 0, constant, "count(*), min(val), max(val)");
    expect(found).toEqual([[5000n, 445644800000000000n, 445644800000000000n]]);
  });

  it("texts with nulls", async () => {
    const texts = Array.from({ length: rows }, (_, i) => (i % 3 === 1 ? null : `text ${i} 漢`));
    const found = await query(DataType.VarChar, 0, textColumn(texts), "val");
    expect(found.map(([value]) => value)).toEqual(texts);
  });

  it("booleans and doubles with nulls", async () => {
    const validity = Uint8Array.from({ length: rows }, (_, i) => Number(i % 4 !== 0));
    const bools = {
      ...fixed(
        1,
        Uint8Array.from({ length: rows }, (_, i) => Number(i % 3 === 0)),
      ),
      validity,
    };
    const sums = await query(DataType.Bool, 0, bools, "count(val), count_if(val), count(*)");
    const present = Array.from({ length: rows }, (_, i) => i).filter((i) => i % 4 !== 0);
    expect(sums).toEqual([[BigInt(present.length), BigInt(present.filter((i) => i % 3 === 0).length), 5000n]]);
    const doubles = {
      ...fixed(
        8,
        Float64Array.from({ length: rows }, (_, i) => (i % 4 ? i / 8 : 0)),
      ),
      validity,
    };
    expect(await query(DataType.Double, 0, doubles, "sum(val)")).toEqual([
      [present.reduce((sum, i) => sum + i / 8, 0)],
    ]);
  });

  it("vectors as their bytes", async () => {
    const vectors = fixed(
      16,
      Float32Array.from({ length: rows * 4 }, (_, i) => i / 3),
    );
    const found = await query(DataType.FloatVector, 4, vectors, "hex(val)");
    const hex = Buffer.from(vectors.data).toString("hex").toUpperCase();
    expect(found.map(([value]) => value).join("")).toBe(hex);
  });
});

function fixed(width: number, values: ArrayBufferView): Column {
  const data = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  return { kind: "fixed", width, data, validity: undefined };
}

function textColumn(values: readonly (string | null)[]): Column {
  const offsets = new Uint32Array(values.length + 1);
  for (const [i, value] of values.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(value ?? "");
  const validity = Uint8Array.from(values, (value) => Number(value !== null));
  return { kind: "var", offsets, data: new Uint8Array(Buffer.from(values.join(""))), validity };
}
