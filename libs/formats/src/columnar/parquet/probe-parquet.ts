import { locate } from "@sluice/errors";
import type { ObjectSource } from "@sluice/object-store";
import { type ParquetFile, readFooter } from "@sluice/parquet";
import type { CollectionSchema } from "@sluice/schema";
import type { FileProbe } from "../../format-reader.ts";
import { planColumns } from "./column-plans.ts";
import { bytesOf } from "./source-bytes.ts";

/**
 * What the footer tells: rows, and row groups as places to cut. The file's columns are checked against the collection, so
 * that a file that cannot be imported fails before any work is planned.
 * @throws {ImportError} `malformed_file`, `schema_mismatch`, `unsupported`, or what the store says
 */
export async function probeParquet(
  source: ObjectSource,
  schema: CollectionSchema,
  signal?: AbortSignal,
): Promise<FileProbe> {
  const file = await footerOf(source, signal);
  planColumns(file, schema, source.path);
  const cuts = [0];
  const cutBytes = [0];
  for (const [i, group] of file.rowGroups.entries()) {
    cuts.push(i + 1);
    cutBytes.push(cutBytes[i] + group.compressedBytes);
  }
  return { rowCount: file.rowCount, cuts, cutBytes, extent: file.rowGroups.length };
}

async function footerOf(source: ObjectSource, signal?: AbortSignal): Promise<ParquetFile> {
  try {
    return await readFooter(bytesOf(source), signal);
  } catch (error) {
    throw locate(error, { file: source.path });
  }
}
