import type { SourceFile } from "@sluice/object-store";
import type { BatchOptions, FormatReader, ReaderInput } from "../../format.ts";
import { FileWindows, NEEDS_MORE } from "../file-windows.ts";
import { onlyOne } from "../only-one.ts";
import { RowsReader, type RowsReaderOptions } from "../rows-reader.ts";
import { CsvLayout, type CsvLayoutInput, type Header, readHeader } from "./csv-layout.ts";
import { CsvScanner } from "./csv-scanner.ts";
import type { Dialect } from "./dialect.ts";
import { LineStarts, type LineStartsOptions } from "./line-starts.ts";
import { RecordParser } from "./record-parser.ts";

/** Read at once for a header. */
const HEAD_BYTES = 64 << 10;

/** For tests, which take small windows. */
export interface CsvReaderOptions extends RowsReaderOptions {
  readonly lineStarts?: LineStartsOptions;
}

/** For messages. */
export const TITLE = "CSV";

/** @throws {ImportError} `request_invalid` for several files */
export function openCsv(input: ReaderInput, dialect: Dialect, options: CsvReaderOptions = {}): FormatReader {
  const source = onlyOne(input.sources, TITLE);
  const open = async ({ batchBytes, memory, signal }: BatchOptions) => {
    const scanner = new CsvScanner(source.path, dialect);
    const rows = new RecordParser({ plan: input.plan, scanner, batchBytes, memory, warn: input.warn });
    const place = await placeOf(input, dialect, options, signal);
    const bind = (names: readonly string[]) => rows.bind(names);
    const layout = new CsvLayout({ source, range: input.range, ...place, bind }, scanner);
    return { scanner, layout, rows };
  };
  return new RowsReader(input, open, options);
}

type Place = Pick<CsvLayoutInput, "names" | "headRecords" | "start" | "nextStart">;

/** Where the records of the range begin and end; of all of a file that shows by itself. */
async function placeOf(
  { sources: [source], range }: ReaderInput,
  dialect: Dialect,
  { lineStarts }: CsvReaderOptions,
  signal: AbortSignal,
): Promise<Place> {
  if (!range) return { start: 0 };
  const starts = new LineStarts(source, dialect, lineStarts);
  const nextStart = range.end < source.sizeBytes ? await starts.atOrAfter(range.end, signal) : undefined;
  if (range.begin === 0) return { start: 0, nextStart };
  const { names, end, records } = await readHead(source, dialect, signal);
  return {
    names,
    headRecords: records,
    start: Math.max(end, await starts.atOrAfter(range.begin, signal)),
    nextStart: nextStart === undefined ? undefined : Math.max(end, nextStart),
  };
}

/** The header of a file, without its text. */
export interface Head extends Pick<Header, "names" | "records"> {
  /** Offset in the file of the line behind the header. */
  readonly end: number;
}

/** The header of a file. @throws {ImportError} where there is none */
export async function readHead(source: SourceFile, dialect: Dialect, signal: AbortSignal): Promise<Head> {
  const chunkBytes = Math.min(HEAD_BYTES, source.sizeBytes + 1);
  const windows = new FileWindows(source, { chunkBytes, start: 0, signal });
  const scanner = new CsvScanner(source.path, dialect);
  let window = await windows.next(undefined, 0);
  try {
    for (;;) {
      scanner.open(window);
      try {
        const { names, end, records } = readHeader(scanner, window.begin);
        return { names, records, end: window.base + end };
      } catch (error) {
        if (error !== NEEDS_MORE) throw error;
        window = await windows.next(window, window.begin);
      }
    }
  } finally {
    await windows.close(window);
  }
}
