/** What reads a dump from a byte on, until something else begins. */
export interface DumpPart {
  /** Answers how far it came in the chunk. */
  run(chunk: Uint8Array, at: number): number;
  /** What begins behind; undefined while it goes on. */
  readonly isDone: boolean;
}

/** How dumps of a program write texts. */
export interface SqlDialect {
  /** A backslash escapes in texts, and `#` begins a comment, as in MySQL. */
  readonly hasEscapes: boolean;
}
