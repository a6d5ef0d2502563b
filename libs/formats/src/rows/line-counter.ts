import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";

const LINE_FEED = 0x0a;
/** Bytes that are read again to say in which line an error lies; behind them row and byte must do. */
const MAX_COUNTED_BYTES = 256 << 20;

/**
 * In which line of the file a byte lies, from 1, as editors count them; undefined where that would cost too much. It reads what
 * is before the byte, since nobody counts lines while all is well.
 */
async function lineAt(source: SourceFile, byteOffset: number, signal: AbortSignal): Promise<number | undefined> {
  if (byteOffset > MAX_COUNTED_BYTES || !source.supports.randomAccess) return undefined;
  let line = 1;
  for await (const chunk of source.read({ start: 0, end: byteOffset }, signal))
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) line++;
  return line;
}

/** The error with the line of its byte. Rows that are put aside have none: looking for their lines would read the file once more. */
export async function withLine(error: unknown, source: SourceFile, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof ImportError) || error.spec.blame !== "input" || error.at?.byteOffset === undefined)
    return error;
  const line = await lineAt(source, error.at.byteOffset, signal);
  if (line === undefined) return error;
  return new ImportError(error.code, error.reason, { ...error.at, line }, { cause: error.cause ?? error });
}
