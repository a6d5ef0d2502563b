import { readFile, stat } from "node:fs/promises";
import { Command } from "commander";
import { bytesText, note, say, showJson } from "../show/tables.ts";
import { parseCount } from "./common.ts";

/** Files of segments, Sluice's and Milvus's, looked at without a server. */
export function binlogCommand(): Command {
  const commands = new Command("binlog").description("files of segments: insert, delta and stats logs");
  commands
    .command("show")
    .description("what a log says of itself, and its first values")
    .argument("<file>", "a file of this machine")
    .option("--rows <N>", "at most so many values", parseCount, 10)
    .option("--json", "answers as JSON")
    .action(show);
  return commands;
}

/** A log is read whole. Greater ones are written by nobody: segments are cut before. */
const MAX_LOG_BYTES = 2 ** 30;

/** @throws {Error} for what is no file, or too large for a log: a device has no end */
async function bytesOf(file: string): Promise<Uint8Array> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new Error(`${file} is no file: name a log of a segment`);
  if (found.size > MAX_LOG_BYTES)
    throw new Error(`${file} has ${bytesText(found.size)}, more than a log: name a log of a segment`);
  return readFile(file);
}

async function show(file: string, { rows, json }: { readonly rows: number; readonly json?: boolean }): Promise<void> {
  const { binlogReport } = await import("../show/binlog-report.ts");
  const report = binlogReport(await bytesOf(file), rows);
  if (json) return showJson(report);
  const rowText = report.rows === undefined ? "" : `, ${report.rows} rows`;
  say(`${report.kind}, ${bytesText(report.sizeBytes)}${rowText}`);
  for (const [name, value] of Object.entries(report.head)) say(`  ${name}: ${value}`);
  for (const { offset, bytes, from, to } of report.events)
    say(`  event at byte ${offset}: ${bytesText(bytes)}, ${from} to ${to}`);
  for (const value of report.values) say(value);
  if (report.rows !== undefined && report.values.length < report.rows)
    note(`${report.rows - report.values.length} more: --rows`);
}
