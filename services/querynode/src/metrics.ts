import type { Metrics } from "@sluice/telemetry";
import type { SegmentRows } from "./segment-rows.ts";

/** Says at each scrape what a querynode keeps in memory, and how much it may. */
export function cacheMetrics(metrics: Metrics, rows: SegmentRows): Disposable {
  const used = metrics.gauge("sluice_querynode_cache_bytes", { help: "Columns that a querynode keeps in memory." });
  const limit = metrics.gauge("sluice_querynode_cache_limit_bytes", {
    help: "What a querynode may keep; whatever is more is read from storage each time.",
  });
  return metrics.onScrape(async () => {
    used.set(rows.cachedBytes);
    limit.set(rows.cacheBytes);
  });
}
