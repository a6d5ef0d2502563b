import { books, jsonText, type SourceFiles } from "../../support/index.ts";

/** Files that take all workers some seconds. */
export function longWork(files: SourceFiles, name: string): Promise<string[]> {
  const lines = books(100_000)
    .map((row) => `${jsonText(row)}\n`)
    .join("");
  return Promise.all(Array.from({ length: 16 }, (_, i) => files.write(`${name}-${i}.jsonl`, lines)));
}
