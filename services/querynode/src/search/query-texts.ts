import { analyzerParamsOf, queryTerms } from "@sluice/functions";
import { DataType, type FieldSchema } from "@sluice/schema";
import { refuse } from "./metrics.ts";
import type { QueryVectors, SparseQuery } from "./query-vectors.ts";

// Text that is searched for, by a field that a BM25 function makes.

/** The text that a BM25 function makes a field of, and the name of the analyzer that queries are split by where it has several. */
export interface TermText {
  readonly field: FieldSchema;
  readonly analyzerName: string;
}

/** No field holds a longer text. */
const MAX_TEXT_BYTES = 65_535;
/** Of a search: they are split into terms in one go, which every other call waits for. */
const MAX_TEXTS_BYTES = 4 << 20;

/** Texts that are searched for, as terms with how often each occurs. @throws {StatusError} 1100 when they are none, or too long */
export function termQueries(cells: readonly Uint8Array[], type: number, text: TermText): QueryVectors {
  if (type !== DataType.VarChar)
    refuse("please provide varchar/text for BM25 Function based search: invalid parameter");
  checkTextBytes(cells);
  // What is no UTF-8 becomes characters of replacement, as it would not in a field.
  const texts = cells.map((cell) => Buffer.from(Buffer.from(cell).toString("utf8")));
  const found = queryTerms(analyzerParamsOf(text.field.typeParams)(text.analyzerName), texts);
  const values = found.map(({ terms, counts }): SparseQuery => ({ indices: terms, values: counts }));
  return { kind: "sparse", count: values.length, values };
}

/** @throws {StatusError} 1100 for texts that would hold up every other call */
export function checkTextBytes(texts: readonly Uint8Array[]): void {
  const [longest, all] = [
    texts.reduce((most, { length }) => Math.max(most, length), 0),
    texts.reduce((sum, { length }) => sum + length, 0),
  ];
  if (longest > MAX_TEXT_BYTES)
    refuse(`a text of ${longest} bytes is longer than ${MAX_TEXT_BYTES}, as no field has it: search for a part of it`);
  if (all > MAX_TEXTS_BYTES)
    refuse(`the texts of a search have ${all} bytes, more than ${MAX_TEXTS_BYTES}: send them in several searches`);
}
