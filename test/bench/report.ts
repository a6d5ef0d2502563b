import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** One measured figure. Rates are medians over the rounds of a run. */
export interface Figure {
  readonly work: string;
  /** Ours, an alternative, or the physical limit. */
  readonly what: string;
  readonly value: string;
  /** What the issue asks for, where it asks. */
  readonly target?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function rate(rows: number, ms: number): string {
  const perSecond = (rows * 1000) / ms;
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M rows/s` : `${Math.round(perSecond / 1000)} k rows/s`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** Appends a run to RESULTS.md, newest first, with machine and date. */
export function writeReport(file: string, figures: readonly Figure[], arguments_: string): void {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`;
  const head =
    "# Benchmark results\n\nBy `npm run bench`; each run measures the alternatives beside ours, interleaved. Newest first.\n";
  const lines = [
    `\n## ${new Date().toISOString().slice(0, 10)}${arguments_ && `, \`${arguments_}\``}\n`,
    `${machine}\n`,
    "| work | what | measured | asked |",
    "|---|---|---|---|",
    ...figures.map(({ work, what, value, target = "" }) => `| ${work} | ${what} | ${value} | ${target} |`),
  ];
  const old = readOld(file).replace(head, "");
  writeFileSync(file, `${head}${lines.join("\n")}\n${old}`);
}

function readOld(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
