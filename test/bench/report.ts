import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { barsOf } from "./bars.ts";

/** One measured figure. Rates are medians over the rounds of a run. */
export interface Figure {
  readonly work: string;
  /** Ours, an alternative, or the physical limit. */
  readonly what: string;
  readonly value: string;
  /** Of work in rows: what ratios and bars are made of. */
  readonly rowsPerSecond?: number;
  /** What the issue asks for, where it asks. */
  readonly target?: string;
}

/** The upper one of two in the middle; undefined for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** In thousands, from a million on in millions. */
export function rate(rows: number, ms: number): string {
  const perSecond = (rows * 1000) / ms;
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M rows/s` : `${Math.round(perSecond / 1000)} k rows/s`;
}

/** Of 10^6 bytes, whole. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** The rate as a part of the first one of the same work, mostly ours: above 1 for what is faster. Empty without a rate. */
export function besideFirst(figure: Figure, figures: readonly Figure[]): string {
  const first = figures.find(({ work, rowsPerSecond }) => work === figure.work && rowsPerSecond !== undefined);
  if (!first?.rowsPerSecond || !figure.rowsPerSecond || first === figure) return "";
  return (figure.rowsPerSecond / first.rowsPerSecond).toFixed(2);
}

/** Adds a run to RESULTS.md, newest first, with machine and date, and draws its rates beside it. */
export function writeReport(file: string, figures: readonly Figure[], arguments_: string): void {
  const plot = barsOf(figures);
  if (plot) writeFileSync(file.replace("RESULTS.md", "bench.svg"), plot);
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`;
  const lines = [
    `\n## ${new Date().toISOString().slice(0, 10)}${arguments_ && `, \`${arguments_}\``}\n`,
    `${machine}\n`,
    "| work | what | measured | beside the first | asked |",
    "|---|---|---|---|---|",
    ...figures.map((figure) => {
      const { work, what, value, target = "" } = figure;
      return `| ${work} | ${what} | ${value} | ${besideFirst(figure, figures)} | ${target} |`;
    }),
  ];
  const old = readFileSync(file, "utf8");
  const first = old.indexOf("\n## ");
  writeFileSync(file, `${old.slice(0, first)}${lines.join("\n")}\n${old.slice(first)}`);
}
