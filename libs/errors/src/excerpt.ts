/** Characters of a value that a reason repeats. */
const MAX_EXCERPT = 60;
/** Characters of a whole reason, with all that it repeats: the constructors of errors cut what is longer. */
export const MAX_REASON = 2000;

/**
 * The beginning of a text that a user gave, as reasons repeat it: the whole when it is short, else its first `limit` UTF-16
 * units (no half characters) and an ellipsis. Every reason, log line and record that quotes a value goes through here: what
 * came as 16 MB must not leave as 16 MB, be kept in a job's record, and be sent again with every list of jobs.
 */
export function excerpt(text: string, limit = MAX_EXCERPT): string {
  return text.length <= limit ? text : `${text.slice(0, limit).toWellFormed()}…`;
}

/** The same of UTF-8; only as many bytes are decoded as are shown. Bytes that are no UTF-8 show as U+FFFD. */
export function excerptOfBytes(bytes: Uint8Array, limit = MAX_EXCERPT): string {
  const start = bytes.subarray(0, 4 * limit);
  const text = Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString("utf8");
  return text.length > limit || bytes.length > start.length ? `${text.slice(0, limit).toWellFormed()}…` : text;
}

/** The beginnings of the first values of a list, joined; how many there are in all when not all are shown. */
export function excerptOfList(values: readonly string[], most = 10): string {
  const shown = values.slice(0, most).map((value) => excerpt(value));
  return values.length > most ? `${shown.join(", ")}, … (${values.length} in all)` : shown.join(", ");
}
