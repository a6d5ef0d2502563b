import { books, jsonText, type SourceFiles } from "../../support/index.ts";

/** Files that take all workers some seconds: one of them, many times. */
export async function longWork(files: SourceFiles, name: string): Promise<string[]> {
  const lines = books(100_000)
    .map((row) => `${jsonText(row)}\n`)
    .join("");
  const path = await files.write(`${name}.jsonl`, lines);
  return Array.from({ length: 16 }, () => path);
}
