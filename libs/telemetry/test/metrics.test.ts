import { describe, expect, it } from "@jest/globals";
import { durationBuckets, Metrics, silentTelemetry, startTelemetry } from "@sluice/telemetry";

describe("Metrics", () => {
  it("exposes counters, gauges and histograms with labels", async () => {
    const metrics = new Metrics();
    const rows = metrics.counter("sluice_rows_total", { help: "Rows.", labels: ["format"] });
    rows.add(10, { format: "json" });
    rows.add(undefined, { format: "json" });
    const waiting = metrics.gauge("sluice_tasks_waiting", { help: "Tasks that wait." });
    waiting.set(3);
    waiting.add(-1);
    metrics.histogram("sluice_task_seconds", { help: "Time.", buckets: durationBuckets }).observe(0.3);
    const { body, contentType } = await metrics.expose();
    expect(contentType).toContain("text/plain");
    expect(body).toContain('sluice_rows_total{format="json"} 11');
    expect(body).toContain("sluice_tasks_waiting 2");
    expect(body).toContain('sluice_task_seconds_bucket{le="0.5"} 1');
    expect(body).toContain('sluice_task_seconds_bucket{le="0.1"} 0');
  });

  it("exposes a histogram for each set of labels, whose buckets hold what smaller ones do", async () => {
    const metrics = new Metrics();
    const options = { help: "Time.", labels: ["method", "result"], buckets: [0.1, 1] } as const;
    const seconds = metrics.histogram("sluice_call_seconds", options);
    for (const took of [0.05, 0.1, 0.5, 7]) seconds.observe(took, { result: "ok", method: "get" });
    seconds.observe(2, { method: "get", result: "refused" });
    const of = (body: string) =>
      body.split("\n").filter((line) => line.includes('result="ok"') || line.startsWith("#"));
    expect(of((await metrics.expose()).body)).toEqual([
      "# HELP sluice_call_seconds Time.",
      "# TYPE sluice_call_seconds histogram",
      'sluice_call_seconds_bucket{le="0.1",result="ok",method="get"} 2',
      'sluice_call_seconds_bucket{le="1",result="ok",method="get"} 3',
      'sluice_call_seconds_bucket{le="+Inf",result="ok",method="get"} 4',
      'sluice_call_seconds_sum{result="ok",method="get"} 7.65',
      'sluice_call_seconds_count{result="ok",method="get"} 4',
    ]);
  });

  it("gives the same metric for the same name, and refuses another kind", () => {
    const metrics = new Metrics();
    const first = metrics.gauge("sluice_tasks", { help: "Tasks." });
    expect(metrics.gauge("sluice_tasks", { help: "Tasks." })).toBe(first);
    expect(() => metrics.histogram("sluice_tasks_rows", { help: "x", buckets: [1] })).not.toThrow();
    expect(() => metrics.gauge("sluice_tasks_rows", { help: "x" })).toThrow("is a histogram, not a gauge");
  });

  it("refuses names without prefix or unit", () => {
    const metrics = new Metrics();
    expect(() => metrics.counter("rows_total", { help: "x" })).toThrow("must begin with sluice_");
    expect(() => metrics.counter("sluice_rows", { help: "x" })).toThrow("end with its unit");
    expect(() => metrics.gauge("sluice_rows_total", { help: "x" })).toThrow("end with its unit");
    expect(() => metrics.histogram("sluice_task_ms", { help: "x", buckets: [1] })).toThrow("end with its unit");
  });

  it("has the metrics of the process when asked", async () => {
    const { metrics } = startTelemetry("test", { level: "silent" });
    expect((await metrics.expose()).body).toContain("process_resident_memory_bytes");
    expect((await silentTelemetry().metrics.expose()).body.trim()).toBe("");
  });
});
