/** What was observed with one set of labels: how often each bucket was the first that took a value, and their sum. */
interface Counts {
  readonly labels: Readonly<Record<string, string>>;
  /** One more than there are bounds: the last takes what is beyond all of them. */
  readonly firsts: Float64Array;
  sum: number;
}

/** By the value of a label what is by those of the next ones. */
interface Level {
  readonly below: Map<string, Level>;
  counts?: Counts;
}

/**
 * A histogram that is counted where it is observed, as every call and every operation of a store is: prom-client finds its counts by
 * a text made of all labels, for each value that is observed. It is a metric of its registry, which asks for the values at a scrape.
 */
export class BucketCounts {
  readonly name: string;
  readonly #help: string;
  readonly #labelNames: readonly string[];
  readonly #bounds: readonly number[];
  /** By the values of the labels, without a text made of them. */
  readonly #first: Level = { below: new Map() };
  readonly #counts: Counts[] = [];

  /** @param bounds upper ones, inclusive, ascending */
  constructor(name: string, help: string, labelNames: readonly string[], bounds: readonly number[]) {
    this.name = name;
    this.#help = help;
    this.#labelNames = labelNames;
    this.#bounds = bounds;
    if (labelNames.length === 0) this.#first.counts = this.#open({});
  }

  /** @param labels all of them, in any order */
  observe(value: number, labels: Readonly<Record<string, string>> = {}): void {
    let level = this.#first;
    for (const name of this.#labelNames) level = levelBelow(level, labels[name]);
    level.counts ??= this.#open(labels);
    const { counts } = level;
    counts.sum += value;
    counts.firsts[this.#bucketOf(value)]++;
  }

  #bucketOf(value: number): number {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]) bucket++;
    return bucket;
  }

  #open(labels: Readonly<Record<string, string>>): Counts {
    const counts = { labels: { ...labels }, firsts: new Float64Array(this.#bounds.length + 1), sum: 0 };
    this.#counts.push(counts);
    return counts;
  }

  /** As a registry of prom-client asks for it. */
  async get() {
    const values = this.#counts.flatMap((counts) => this.#valuesOf(counts));
    return { name: this.name, help: this.#help, type: "histogram", aggregator: "sum", values } as const;
  }

  /** Buckets hold what smaller ones do, too. */
  #valuesOf({ labels, firsts, sum }: Counts) {
    let count = 0;
    const buckets = Array.from(firsts, (first, i) => {
      count += first;
      const le = this.#bounds[i] ?? "+Inf";
      return { labels: { le, ...labels }, value: count, metricName: `${this.name}_bucket` };
    });
    const of = (what: string, value: number) => ({ labels, value, metricName: `${this.name}_${what}` });
    return [...buckets, of("sum", sum), of("count", count)];
  }
}

function levelBelow({ below }: Level, value: string): Level {
  const known = below.get(value);
  if (known) return known;
  const level = { below: new Map<string, Level>() };
  below.set(value, level);
  return level;
}
