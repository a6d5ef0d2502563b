import type { SourceFile } from "@sluice/object-store";
import { CARRIAGE_RETURN, LINE_FEED } from "./csv-scanner.ts";
import type { Dialect } from "./dialect.ts";
import { markLength } from "./line-starts.ts";
import { states, walkTable } from "./record-walk.ts";

/** Records before `end`, which begins a line; the header is one, blank lines are none. Only messages want to know. */
export async function countRecords(
  source: SourceFile,
  dialect: Dialect,
  end: number,
  signal: AbortSignal,
): Promise<number> {
  if (end === 0) return 0;
  const table = walkTable(dialect, true);
  let state: number = states.start;
  let records = 0;
  let at = 0;
  let isBlank = true;
  for await (const chunk of source.read({ start: 0, end }, signal)) {
    for (let i = at === 0 ? markLength(chunk) : 0; i < chunk.length; i++) {
      const byte = chunk[i];
      state = table[(state << 8) | byte];
      if (byte === LINE_FEED && state === states.start) {
        if (!isBlank) records++;
        isBlank = true;
      } else if (byte !== CARRIAGE_RETURN) isBlank = false;
    }
    at += chunk.length;
  }
  return records;
}
