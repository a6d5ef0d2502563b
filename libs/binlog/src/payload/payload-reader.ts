import { ImportError } from "@sluice/errors";
import {
  Damage,
  damageError,
  MemoryLeafReader,
  PageBudget,
  type ParquetFile,
  parseFooter,
  type SchemaNode,
} from "@sluice/parquet";
import type { BinlogEvent } from "../envelope.ts";
import { malformed, unsupported } from "../malformed.ts";
import type { ColumnSink } from "./column-sink.ts";

/** Milvus itself stays below 2^30 rows in a row group. */
const maxRows = 2 ** 30;

/** Greatest column that the word of a file alone may bring into memory; our own logs stay below it. */
export const maxColumnBytes = 2 ** 30;

/** A Parquet file in a log. */
export type Payload = Pick<BinlogEvent, "payload" | "payloadOffset">;

/**
 * Reads one flat column of an event's Parquet file into a sink: all row groups. The column's name does not matter: servers
 * write `val` or the field's id. Places in errors are places in the log.
 * @param sinkFor told the type length of the column and the rows of the file before any row is read
 * @throws {ImportError} `malformed_file`, `unsupported`
 */
export function readPayload(
  { payload: file, payloadOffset: offset }: Payload,
  sinkFor: (typeLength: number, rows: number) => ColumnSink,
  columnIndex = 0,
): void {
  const { root, rowGroups, rowCount } = footerOf(file, offset);
  const leaf = flatLeaf(root, columnIndex);
  if (rowCount > maxRows) throw unsupported(`a binlog of ${rowCount} rows is too large: limit ${maxRows} rows`);
  const pages = new MemoryLeafReader(file, leaf, new PageBudget());
  try {
    const sink = sinkFor(leaf.element.typeLength, rowCount);
    checkType(sink, leaf);
    for (const group of rowGroups) {
      pages.open(group.chunks[leaf.leaf]);
      const before = sink.rowCount;
      while (pages.page()) sink.append(pages);
      const rows = sink.rowCount - before;
      if (rows !== group.rowCount) throw new Damage(`${rows} rows in the pages, ${group.rowCount} in the row group`);
    }
  } catch (error) {
    throw damageError(error, "a page", { byteOffset: offset + pages.pageOffset });
  }
}

/** Errors of the footer, too, get a place in the log. */
function footerOf(file: Uint8Array, offset: number): ParquetFile {
  try {
    return parseFooter(file);
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    throw new ImportError(
      error.code,
      error.reason,
      { byteOffset: offset + (error.at?.byteOffset ?? 0) },
      { cause: error },
    );
  }
}

function flatLeaf({ children }: SchemaNode, columnIndex: number): SchemaNode {
  const leaf = children.at(columnIndex);
  if (!leaf || children.some((child) => child.leaf < 0))
    throw unsupported("the Parquet file of a binlog must have plain columns, found a nested or missing one");
  if (leaf.repetition > 0) throw unsupported("the Parquet column of a binlog is REPEATED");
  return leaf;
}

function checkType({ type }: ColumnSink, { element }: SchemaNode): void {
  const typeLength = element.type === "FIXED_LEN_BYTE_ARRAY" ? element.typeLength : 0;
  if (type.physical === element.type && type.typeLength === typeLength) return;
  throw malformed(
    `Parquet column of type ${element.type} and length ${typeLength}, expected ${type.physical} and ${type.typeLength}`,
  );
}
