import type { CounterMetric, Metrics } from "@sluice/telemetry";

/** What a datanode counts. */
export class DataNodeMetrics {
  readonly #tasks: CounterMetric<"end">;
  readonly #rows: CounterMetric<never>;
  constructor(metrics: Metrics) {
    this.#tasks = metrics.counter("sluice_datanode_attempts_total", {
      help: "Attempts that ended, by how.",
      labels: ["end"],
    });
    this.#rows = metrics.counter("sluice_datanode_rows_total", { help: "Rows of persisted tasks." });
  }

  taskEnded(end: "persisted" | "failed" | "retried", rows: number): void {
    this.#tasks.add(1, { end });
    this.#rows.add(rows);
  }
}
