import type { TaskQueue } from "@sluice/task-queue";
import type { Metrics } from "@sluice/telemetry";
import type { DataNodes } from "./datanodes.ts";

/** What a datacoord counts, while it leads. Disposing ends the gauges: another one has the truth then. */
export class DataCoordMetrics implements Disposable {
  readonly #waiting;
  readonly #leased;
  readonly #nodes;
  readonly #slots;
  readonly #busy;
  readonly #commits;
  readonly #rows;
  readonly #removed;
  readonly #scrape: Disposable;

  constructor(metrics: Metrics, queue: TaskQueue, nodes: DataNodes) {
    this.#waiting = metrics.gauge("sluice_queue_waiting_tasks", { help: "Tasks that wait for a datanode." });
    this.#leased = metrics.gauge("sluice_queue_leased_tasks", { help: "Tasks that a datanode holds." });
    this.#nodes = metrics.gauge("sluice_datanodes", { help: "Datanodes that report." });
    this.#slots = metrics.gauge("sluice_datanode_slots", { help: "Slots of reporting datanodes." });
    this.#busy = metrics.gauge("sluice_datanode_busy_slots", { help: "Slots of reporting datanodes that work." });
    this.#commits = metrics.counter("sluice_commits_total", {
      help: "Changes of what is visible: imports, and what removes or replaces segments.",
    });
    this.#rows = metrics.counter("sluice_committed_rows_total", { help: "Rows that became visible." });
    this.#removed = metrics.counter("sluice_gc_segments_total", { help: "Segments that garbage collection removed." });
    this.#scrape = metrics.onScrape(async () => {
      const alive = nodes.alive();
      this.#nodes.set(alive.length);
      this.#slots.set(alive.reduce((sum, node) => sum + node.workers, 0));
      this.#busy.set(alive.reduce((sum, node) => sum + node.busyWorkers, 0));
      const { waiting, leased } = await queue.depth();
      this.#waiting.set(waiting);
      this.#leased.set(leased);
    });
  }

  /** One change that makes rows visible. @param rowCount of the segments that it adds */
  committed(rowCount: number): void {
    this.#commits.add();
    this.#rows.add(rowCount);
  }

  /** Segments whose objects and records are gone. */
  removed(segments: number): void {
    this.#removed.add(segments);
  }

  /** Counters stay: they count for the process. */
  [Symbol.dispose](): void {
    this.#scrape[Symbol.dispose]();
    for (const gauge of [this.#waiting, this.#leased, this.#nodes, this.#slots, this.#busy]) gauge.clear();
  }
}
