import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import { BucketCounts } from "./bucket-counts.ts";

/** Values of the labels that a metric was declared with, in any order; all of them. */
export type Labels<L extends string> = Readonly<Record<L, string>>;

/** What is said of a metric when it is declared. */
export interface MetricOptions<L extends string> {
  /** What is counted or measured, as a sentence. */
  readonly help: string;
  /** Names of labels whose values are few: states, formats, never ids or paths. */
  readonly labels?: readonly L[];
}

/** Of what is counted by size or duration. */
export interface HistogramOptions<L extends string> extends MetricOptions<L> {
  /** Upper bounds, inclusive, ascending, in the metric's unit. */
  readonly buckets: readonly number[];
}

/** What only grows, from 0 at the start of the process. */
export interface CounterMetric<L extends string> {
  /** @param amount 1 unless given; not negative */
  add(amount?: number, labels?: Labels<L>): void;
}

/** What goes up and down. */
export interface GaugeMetric<L extends string> {
  /** Replaces the value of these labels. */
  set(value: number, labels?: Labels<L>): void;
  /** @param amount may be negative */
  add(amount: number, labels?: Labels<L>): void;
  /** Says nothing any more, until it is set again. */
  clear(): void;
}

/** What is observed again and again. */
export interface HistogramMetric<L extends string> {
  /** @param value in the metric's unit */
  observe(value: number, labels?: Labels<L>): void;
}

/** A scrape waits no longer for values that must be asked for. */
const COLLECT_MS = 2000;

/** Seconds, for calls and tasks: 1 ms to about an hour. */
export const durationBuckets: readonly number[] = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120, 600, 3600];

/**
 * Metrics of one process in the text format of Prometheus, by prom-client. Names begin with `sluice_` and end with their
 * unit: counters `_total`, histograms `_seconds`, `_bytes` or `_rows`; gauges name theirs, or what they count. Declaring a
 * metric again gives the same one, so that services which share a process share their metrics.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #declared = new Map<string, { readonly kind: string; readonly metric: unknown }>();
  readonly #collectors = new Set<() => Promise<void> | void>();

  /** @param processMetrics adds the usual metrics of memory, CPU, event loop and garbage collection, with their usual names */
  constructor({ processMetrics = false }: { readonly processMetrics?: boolean } = {}) {
    if (processMetrics) collectDefaultMetrics({ register: this.#registry });
  }

  /** @param name ends in `_total` @throws {Error} for another name */
  counter<L extends string = never>(name: string, options: MetricOptions<L>): CounterMetric<L> {
    checkName(name, /_total$/);
    return this.#declare(name, "counter", () => {
      const counter = new Counter(this.#config(name, options));
      return { add: (amount = 1, labels?: Labels<L>) => (labels ? counter.inc(labels, amount) : counter.inc(amount)) };
    });
  }

  /** @param name does not end in `_total` @throws {Error} for another name */
  gauge<L extends string = never>(name: string, options: MetricOptions<L>): GaugeMetric<L> {
    checkName(name, /(?<!_total)$/);
    return this.#declare(name, "gauge", () => {
      const gauge = new Gauge(this.#config(name, options));
      return {
        set: (value: number, labels?: Labels<L>) => (labels ? gauge.set(labels, value) : gauge.set(value)),
        add: (amount: number, labels?: Labels<L>) => (labels ? gauge.inc(labels, amount) : gauge.inc(amount)),
        clear: () => gauge.reset(),
      };
    });
  }

  /** @param name ends in its unit: `_seconds`, `_bytes` or `_rows` @throws {Error} for another name */
  histogram<L extends string = never>(name: string, options: HistogramOptions<L>): HistogramMetric<L> {
    checkName(name, /_(seconds|bytes|rows)$/);
    return this.#declare(name, "histogram", () => {
      const { help, labels = [], buckets } = options;
      const histogram = new BucketCounts(name, help, labels, buckets);
      this.#registry.registerMetric(histogram as unknown as Metric);
      return histogram;
    });
  }

  /** Calls `collect` before each scrape, to set gauges; disposing ends that. */
  onScrape(collect: () => Promise<void> | void): Disposable {
    this.#collectors.add(collect);
    return { [Symbol.dispose]: () => void this.#collectors.delete(collect) };
  }

  /** The body and content type of a scrape. What cannot be collected in time keeps its last value. */
  async expose(): Promise<{ readonly contentType: string; readonly body: string }> {
    const collecting = Promise.allSettled([...this.#collectors].map(async (collect) => collect()));
    await Promise.race([collecting, new Promise((resolve) => setTimeout(resolve, COLLECT_MS).unref())]);
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #config<L extends string>(name: string, { help, labels = [] }: MetricOptions<L>) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }

  #declare<M>(name: string, kind: string, create: () => M): M {
    const known = this.#declared.get(name);
    if (known && known.kind !== kind) throw new Error(`the metric ${name} is a ${known.kind}, not a ${kind}`);
    if (known) return known.metric as M;
    const metric = create();
    this.#declared.set(name, { kind, metric });
    return metric;
  }
}

function checkName(name: string, ending: RegExp): void {
  if (/^sluice_[a-z0-9_]+$/.test(name) && ending.test(name)) return;
  throw new Error(`the metric name "${name}" must begin with sluice_ and end with its unit (${ending.source})`);
}
