import type { InsertBatch } from "@sluice/columns";
import type { EmbeddedFields, EmbeddingPatience } from "@sluice/embedding";
import { ImportError } from "@sluice/errors";
import type { CallContext } from "../call-context.ts";
import { refused } from "./given-columns.ts";

/** Who waits for the answer, and how long. */
export type WaitingClient = Pick<CallContext, "signal" | "endsAtMs">;

/** Of vectors that models make of the texts of one request. */
const MAX_EMBEDDED_BYTES = 64 << 20;
/** Before a request to a model is made again. */
const FIRST_PAUSE_MS = 250;
/** Of the time that a client waits, what the rows take that are written afterwards, and the answer: a tenth, and two seconds at most. */
const WRITING_PART = 10;
const MAX_WRITING_MS = 2000;

/**
 * Rows with the vectors that models make of their texts. A model is asked until the client's time is nearly over, so that the client
 * hears why; of one that has set no deadline, each request may take so long.
 * @throws {StatusError} 1100 for too many texts; {ImportError} as `EmbeddedFields.fill`; the reason of the client's signal
 */
export async function embeddedRows(
  fields: EmbeddedFields,
  rows: InsertBatch,
  { client, waitMs }: { readonly client: WaitingClient; readonly waitMs: number },
): Promise<InsertBatch> {
  if (fields.rowBytes === 0) return rows;
  const bytes = rows.rowCount * fields.rowBytes;
  if (bytes > MAX_EMBEDDED_BYTES)
    throw refused(
      `the vectors of ${rows.rowCount} texts have ${bytes} bytes, more than ${MAX_EMBEDDED_BYTES}: send fewer at once`,
    );
  const leftMs = client.endsAtMs - performance.now();
  try {
    return await fields.fill(rows, { purpose: "rows", patience: patienceOf(leftMs, waitMs), signal: client.signal });
  } catch (error) {
    throw withCure(error, leftMs, waitMs);
  }
}

function patienceOf(leftMs: number, waitMs: number): EmbeddingPatience {
  if (leftMs === Number.POSITIVE_INFINITY) return { totalMs: waitMs, firstMs: FIRST_PAUSE_MS };
  const totalMs = Math.max(0, leftMs - Math.min(MAX_WRITING_MS, leftMs / WRITING_PART));
  return { totalMs, firstMs: FIRST_PAUSE_MS, endsAtMs: performance.now() + totalMs };
}

function withCure(error: unknown, leftMs: number, waitMs: number): unknown {
  if (!(error instanceof ImportError) || error.code !== "provider_unavailable") return error;
  const cure =
    leftMs === Number.POSITIVE_INFINITY
      ? `a request was given ${waitMs / 1000} s: set a deadline for the call, or raise the setting embedding-wait`
      : `the call had ${(leftMs / 1000).toFixed(1)} s: give it a later deadline, or fewer rows`;
  return new ImportError(error.code, `${error.reason} (${cure})`, error.at, { cause: error });
}
