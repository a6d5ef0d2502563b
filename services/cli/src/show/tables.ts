import Table from "cli-table3";
import { color } from "./color.ts";

/** Text as a table where somebody reads it, tabs between where a program does. */
export function showTable(head: readonly string[], rows: readonly (readonly unknown[])[]): void {
  const texts = rows.map((row) => row.map(shown));
  if (!process.stdout.isTTY) {
    for (const row of [head, ...texts]) say(row.join("\t"));
    return;
  }
  const table = new Table({ head: head.map((text) => color.bold(text)), style: { head: [], border: [] } });
  table.push(...texts);
  say(table.toString());
}

/** A value in one line. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (typeof value === "object") return JSON.stringify(value, (name, inner) => plain(name, brief(inner)));
  return String(brief(value));
}

/** A number of single precision by the fewest digits that tell it from others: 0.1, not 0.10000000149011612. */
function brief(value: unknown): unknown {
  if (typeof value !== "number" || Number.isInteger(value) || Math.fround(value) !== value) return value;
  const digits = [6, 7, 8, 9].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return digits === undefined ? value : Number(value.toPrecision(digits));
}

/** Integers beyond 2^53 keep their digits; bytes are hex. */
function plain(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** On standard output: indented on a terminal, one line in a pipe. Integers beyond 2^53 are text, bytes hex. */
export function showJson(value: unknown): void {
  say(JSON.stringify(value, plain, process.stdout.isTTY ? 2 : undefined));
}

/** A line of the answer, on standard output. */
export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** What is beside the answer: warnings, hints. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** By powers of 1024, with one digit behind the point: `1.5 MiB`. */
export function bytesText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}
