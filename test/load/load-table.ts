import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { type Chart, svgOf } from "./plot.ts";

const results = join(import.meta.dirname, "../bench");

/** With two digits below ten seconds. */
export const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
/** With one digit. */
export const milliseconds = (ms: number) => `${ms.toFixed(1)} ms`;

/** The figures of a run, printed as they come. */
export class LoadTable {
  readonly #rows: string[][] = [];
  readonly #s3: string;

  /** @param s3 which server stands for S3 */
  constructor(s3: string) {
    this.#s3 = s3;
  }

  /** @param cells in the order of the columns */
  row(...cells: string[]): void {
    this.#rows.push(cells);
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(8) : cell.padStart(14))).join(""));
  }

  /** Adds the run to RESULTS.md, newest first, and draws it. */
  save(name: string, what: string, charts: readonly Chart[]): void {
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, `${name}.svg`), svgOf(charts));
    const [cpu] = cpus();
    const machine = `${cpus().length} × ${cpu.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
    const [head, ...rows] = this.#rows;
    const lines = [
      `## ${new Date().toISOString().slice(0, 10)}, load test: ${what}\n`,
      `${machine}; clients, services, etcd, Redis and S3 (${this.#s3}) share it.\n`,
      `| ${head.join(" | ")} |`,
      `|${head.map(() => "---").join("|")}|`,
      ...rows.map((cells) => `| ${cells.join(" | ")} |`),
      `\n![${name}](${name}.svg)\n`,
    ];
    const file = join(results, "RESULTS.md");
    const old = readFileSync(file, "utf8");
    const at = old.indexOf("\n## ") + 1;
    writeFileSync(file, `${old.slice(0, at)}${lines.join("\n")}\n${old.slice(at)}`);
  }
}
