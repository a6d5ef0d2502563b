import { type CallObserver, durationBuckets, type Metrics } from "@sluice/telemetry";

/** What a proxy counts of uploads. */
export interface UploadMetrics {
  readonly onCall: CallObserver;
  readonly onStored: (bytes: number) => void;
}

/** Seconds of requests, and bytes that were stored. */
export function uploadMetrics(metrics: Metrics): UploadMetrics {
  const seconds = metrics.histogram("sluice_upload_seconds", {
    help: "Requests of S3 clients and for files of volumes, by method and whether they succeeded.",
    labels: ["method", "result"],
    buckets: durationBuckets,
  });
  const bytes = metrics.counter("sluice_upload_bytes_total", { help: "Bytes of files and parts that were uploaded." });
  return {
    onCall: (method, code, took) => seconds.observe(took, { method, result: code === 0 ? "ok" : "refused" }),
    onStored: (stored) => bytes.add(stored),
  };
}
