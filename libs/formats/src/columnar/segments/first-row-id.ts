import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { LeafReader, PageBudget } from "@sluice/parquet";
import { ROW_ID_FIELD } from "@sluice/schema";
import { type OpenLog, openLog } from "./open-log.ts";

/** Bytes asked of storage at a time; a page of 8-byte ids. */
const READ_BYTES = 64 << 10;
/** A page may take this much: writers make pages of a mebibyte. */
const PAGE_BYTES = 8 << 20;

/**
 * The RowID of the first row of a log, which no other row of a Milvus has. Undefined where the log has none, or is no log: who reads
 * it tells of that.
 * @param directoryId as the path says, see `openLog`
 * @throws what storage says
 */
export async function firstRowId(
  source: SourceFile,
  directoryId: number,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  try {
    return await readFirst(await openLog(source, directoryId, signal), signal);
  } catch (error) {
    if (error instanceof ImportError) return undefined;
    throw error;
  }
}

async function readFirst({ parts, columns }: OpenLog, signal: AbortSignal): Promise<bigint | undefined> {
  const position = columns.get(ROW_ID_FIELD);
  const part = parts.find(({ file }) => file.rowCount > 0);
  const group = part?.file.rowGroups.find(({ rowCount }) => rowCount > 0);
  if (position === undefined || !part || !group) return undefined;
  const leaf = new LeafReader(part.bytes, part.file.root.children[position], new PageBudget(PAGE_BYTES), signal);
  try {
    await leaf.open(group.chunks[position], READ_BYTES);
    if (leaf.type.width !== 8 || !(await leaf.page())) return undefined;
    const value = new Uint8Array(8);
    leaf.readFixed(1, value, 0);
    return new DataView(value.buffer).getBigInt64(0, true);
  } finally {
    await leaf.close();
  }
}
