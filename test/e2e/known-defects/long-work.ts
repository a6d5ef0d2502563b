import { books, linesOf, type SourceFiles } from "../../support/index.ts";

/** Files that take all workers some seconds: one of them, many times. */
export async function longWork(files: SourceFiles, name: string): Promise<string[]> {
  const lines = linesOf(books(100_000));
  const path = await files.write(`${name}.jsonl`, lines);
  return Array.from({ length: 16 }, () => path);
}
