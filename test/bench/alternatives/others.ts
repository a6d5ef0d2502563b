import { createReadStream, rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";

/** DuckDB reads the file and writes Parquet: a conversion that does not shard, hash or check. Milliseconds. */
export async function timeDuckDb(source: string, folder: string, threads: number): Promise<number> {
  const out = join(folder, "duckdb.parquet");
  const instance = await DuckDBInstance.create(":memory:", { threads: String(threads), memory_limit: "8GB" });
  const connection = await instance.connect();
  const read = source.endsWith(".parquet")
    ? `read_parquet('${source}')`
    : source.endsWith(".csv")
      ? `read_csv('${source}', header=true, columns={id: 'BIGINT', vector: 'FLOAT[]'})`
      : `read_json('${source}', format='newline_delimited', columns={id: 'BIGINT', vector: 'FLOAT[]'})`;
  const startedMs = performance.now();
  await connection.run(`copy (select * from ${read}) to '${out}' (format parquet, compression uncompressed)`);
  const ms = performance.now() - startedMs;
  connection.closeSync();
  rmSync(out, { force: true });
  return ms;
}

/** hyparquet reads the file into JavaScript arrays, and nothing is done with them. Milliseconds. */
export async function timeHyparquet(source: string): Promise<number> {
  const file = await asyncBufferFromFile(source);
  const startedMs = performance.now();
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    await parquetRead({ file, metadata, compressors, rowStart, rowEnd, onChunk: () => {} });
    rowStart = rowEnd;
  }
  return performance.now() - startedMs;
}

/** stream-json reads the first `bytes` of JSON Lines, and nothing is done with the rows. Rows and milliseconds. */
export async function timeStreamJson(source: string, bytes: number): Promise<{ rows: number; ms: number }> {
  const { default: chain } = await import("stream-chain");
  const { default: jsonl } = await import("stream-json/jsonl/parser.js");
  const startedMs = performance.now();
  let rows = 0;
  const pipeline = chain([createReadStream(source, { end: bytes }), jsonl.parser({ checkErrors: false })] as never);
  await new Promise<void>((resolve, reject) => {
    pipeline.on("data", () => void rows++);
    pipeline.on("end", resolve);
    // The cut is in the middle of a line, whose parse error ends the stream: the rows before it are what counts.
    pipeline.on("error", () => (rows > 0 ? resolve() : reject(new Error("stream-json read no row"))));
  });
  return { rows, ms: performance.now() - startedMs };
}
