import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { LeafReader, PageBudget } from "@sluice/parquet";
import { ROW_ID_FIELD } from "@sluice/schema";
import { type OpenLog, openLog } from "./open-log.ts";

const NONE = new BigInt64Array(0);
/** Bytes asked of storage at a time; a page of 8-byte ids. */
const READ_BYTES = 64 << 10;
/** Of one segment; of a thousand they are in memory at a time. */
const MAX_IDS = 1024;
/** A page may take this much: writers make pages of a mebibyte. */
const PAGE_BYTES = 8 << 20;

/**
 * The RowIDs of the first rows of a log, a thousand at most, which no other rows of a Milvus have. None where the log has none, or is no
 * log: who reads it tells of that.
 * @param directoryId as the path says, see `openLog`
 * @throws what storage says
 */
export async function firstRowIds(
  source: SourceFile,
  directoryId: number,
  signal: AbortSignal,
): Promise<BigInt64Array> {
  try {
    return await readFirst(await openLog(source, directoryId, signal), signal);
  } catch (error) {
    if (error instanceof ImportError) return NONE;
    throw error;
  }
}

async function readFirst({ parts, columns }: OpenLog, signal: AbortSignal): Promise<BigInt64Array> {
  const position = columns.get(ROW_ID_FIELD);
  const part = parts.find(({ file }) => file.rowCount > 0);
  const group = part?.file.rowGroups.find(({ rowCount }) => rowCount > 0);
  if (position === undefined || !part || !group) return NONE;
  const node = part.file.root.children[position];
  if (node.leaf < 0) return NONE;
  const leaf = new LeafReader(part.bytes, node, new PageBudget(PAGE_BYTES), signal);
  try {
    await leaf.open(group.chunks[node.leaf], READ_BYTES);
    if (leaf.type.width !== 8 || !(await leaf.page())) return NONE;
    const ids = new BigInt64Array(Math.min(MAX_IDS, leaf.left));
    leaf.readFixed(ids.length, new Uint8Array(ids.buffer), 0);
    return ids;
  } finally {
    await leaf.close();
  }
}
