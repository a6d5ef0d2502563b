import { type CounterMetric, countStorage, durationBuckets, type Metrics, type StorageUse } from "@sluice/telemetry";

/** How an attempt ended. */
export type AttemptEnd = "persisted" | "failed" | "retried" | "handed_back" | "lost";

/** What a datanode counts. */
export class DataNodeMetrics {
  readonly #attempts: CounterMetric<"end">;
  readonly #seconds;
  readonly #rows: CounterMetric<never>;
  readonly #sourceBytes: CounterMetric<never>;
  readonly #segmentBytes: CounterMetric<never>;
  /** Operations of the stores in worker threads. */
  readonly storage: (use: readonly StorageUse[]) => void;

  constructor(metrics: Metrics) {
    this.#attempts = metrics.counter("sluice_datanode_attempts_total", {
      help: "Attempts that ended, by how; `handed_back`: the node was stopped, or an import waited for the slot of a compaction; `lost`: the lease was lost, another node works on the task.",
      labels: ["end"],
    });
    this.#seconds = metrics.histogram("sluice_datanode_attempt_seconds", {
      help: "How long attempts took.",
      buckets: durationBuckets,
    });
    this.#rows = metrics.counter("sluice_datanode_rows_total", { help: "Rows of persisted import tasks." });
    this.#sourceBytes = metrics.counter("sluice_datanode_source_bytes_total", {
      help: "Source bytes of persisted import tasks.",
    });
    this.#segmentBytes = metrics.counter("sluice_datanode_segment_bytes_total", {
      help: "Bytes of segments of persisted import tasks.",
    });
    this.storage = countStorage(metrics);
  }

  /** @param seconds from its beginning, whatever the end */
  attemptEnded(end: AttemptEnd, seconds: number): void {
    this.#attempts.add(1, { end });
    this.#seconds.observe(seconds);
  }

  /** Rows that are durable, from how many bytes of files, in how many of segments. */
  persisted(rows: number, sourceBytes: number, segmentBytes: number): void {
    this.#rows.add(rows);
    this.#sourceBytes.add(sourceBytes);
    this.#segmentBytes.add(segmentBytes);
  }
}
