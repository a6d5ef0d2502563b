import { Presets, SingleBar } from "cli-progress";
import { type AnyJob, percentOf, stateTextOf } from "../client/jobs.ts";
import { note } from "./tables.ts";

/** Shows how far a job is: a bar on a terminal, a line every few seconds in a pipe. */
export interface Progress extends Disposable {
  /** @param rows that are done */
  update(job: AnyJob, rows: number): void;
}

/** By what standard error is; the answer of the command stands alone on standard output. */
export function showProgress(): Progress {
  return process.stderr.isTTY ? new Bar() : new Lines();
}

/** Rows a second since the first look, and seconds left by the percent done. */
class Speed {
  readonly #beganMs = performance.now();
  #firstPercent: number | undefined;

  of(job: AnyJob, rows: number): { rate: string; eta: string } {
    this.#firstPercent ??= job.progress;
    const seconds = (performance.now() - this.#beganMs) / 1000;
    const done = job.progress - this.#firstPercent;
    const left = done > 0 ? Math.round((seconds * (100 - job.progress)) / done) : undefined;
    return {
      rate: seconds > 0.2 ? Math.round(rows / seconds).toLocaleString("en") : "–",
      eta: left === undefined ? "–" : `${left} s`,
    };
  }
}

class Bar implements Progress {
  readonly #bar = new SingleBar(
    {
      format: "  {bar} {percentage}%  {rows} rows  {rate} rows/s  {eta_text}  {state}",
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  readonly #speed = new Speed();

  constructor() {
    this.#bar.start(100, 0, { rows: 0, rate: "–", eta_text: "–", state: "" });
  }

  update(job: AnyJob, rows: number): void {
    const { rate, eta } = this.#speed.of(job, rows);
    const state = job.paused ? "paused" : job.state.toLowerCase();
    this.#bar.update(percentOf(job), { rows: rows.toLocaleString("en"), rate, eta_text: `${eta} left`, state });
  }

  [Symbol.dispose](): void {
    this.#bar.stop();
  }
}

const LINE_MS = 3000;

class Lines implements Progress {
  readonly #speed = new Speed();
  #saidMs = 0;

  update(job: AnyJob, rows: number): void {
    if (performance.now() - this.#saidMs < LINE_MS) return;
    this.#saidMs = performance.now();
    const { rate, eta } = this.#speed.of(job, rows);
    note(`${stateTextOf(job)} ${percentOf(job)}% ${rows} rows, ${rate} rows/s, ${eta} left`);
  }

  [Symbol.dispose](): void {}
}
