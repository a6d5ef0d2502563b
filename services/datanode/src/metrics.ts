import type { Metrics } from "@sluice/telemetry";

/** What a datanode counts. */
export class DataNodeMetrics {
  readonly #tasks;
  readonly #rows;
  constructor(metrics: Metrics) {
    this.#tasks = metrics.counter("sluice_datanode_tasks_total", "Attempts that ended, by how", ["end"]);
    this.#rows = metrics.counter("sluice_datanode_rows_total", "Rows in persisted tasks", []);
  }

  taskEnded(end: "persisted" | "failed" | "retried", rows: number): void {
    this.#tasks.inc({ end });
    this.#rows.inc(rows);
  }
}
