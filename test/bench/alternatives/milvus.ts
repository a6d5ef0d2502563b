import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pythonOf, runProgram } from "../../support/program.ts";
import type { Dataset } from "../datasets.ts";

const LIMIT_MS = 20 * 60_000;

/** The interpreter of Milvus 2.3.5's environment; undefined where it is not installed. */
export function milvusPython(): string | undefined {
  const python = pythonOf("milvus-2.3.5");
  return existsSync(python) ? python : undefined;
}

/** A real Milvus, fresh, imports the set's files on all cores: from the call until it has persisted them. Milliseconds. */
export async function timeMilvus(set: Dataset, folder: string): Promise<number> {
  const baseDir = join(folder, "milvus");
  rmSync(baseDir, { recursive: true, force: true });
  mkdirSync(baseDir, { recursive: true });
  const program = join(import.meta.dirname, "milvus_import.py");
  const args = [program, baseDir, String(set.dim), String(set.rows), ...set.files];
  const { exitCode, output } = await runProgram(milvusPython() as string, args, LIMIT_MS);
  rmSync(baseDir, { recursive: true, force: true });
  const milliseconds = Number(/^(\d+)$/m.exec(output)?.[1]);
  if (exitCode !== 0 || !milliseconds) throw new Error(`Milvus did not import: ${output.slice(-2000)}`);
  return milliseconds;
}

/** The same rows as `{"rows":[…]}`: this Milvus knows no JSON Lines. */
export async function asRowsFile(set: Dataset): Promise<Dataset> {
  const file = set.files[0].replace(/\.jsonl$/, ".json");
  if (!existsSync(file)) {
    const part = `${file}.part`;
    await pipeline(createReadStream(set.files[0], { highWaterMark: 1 << 20 }), asList, createWriteStream(part));
    renameSync(part, file);
  }
  return { ...set, files: [file] };
}

async function* asList(lines: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield Buffer.from('{"rows":[\n');
  // A line feed gets its comma when a row follows, which none does behind the last one.
  let held = "";
  for await (const chunk of lines) {
    const text = held + chunk.toString("latin1");
    held = text.endsWith("\n") ? "\n" : "";
    yield Buffer.from(text.slice(0, text.length - held.length).replaceAll("\n", ",\n"), "latin1");
  }
  yield Buffer.from("\n]}");
}
