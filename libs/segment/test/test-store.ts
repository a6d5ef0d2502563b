import type { ObjectInfo } from "@sluice/object-store";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import type { SegmentBucket, SegmentIds } from "../src/index.ts";

/** Objects in memory; tests see each put begin and end, and decide how it goes. */
export class WatchedStore extends MemoryObjectStore {
  /** Keys in the order in which their puts began. */
  readonly begun: string[] = [];
  /** Keys in the order in which they were written. */
  readonly ended: string[] = [];
  /** Keys that were copied from others; the puts that this takes are among the others, too. */
  readonly copied: string[] = [];
  inFlight = 0;
  mostInFlight = 0;
  /** What happens inside a put, before it writes. */
  during: (key: string, signal?: AbortSignal) => Promise<void> = async () => {};

  override async put(key: string, pieces: readonly Uint8Array[], signal?: AbortSignal): Promise<ObjectInfo> {
    this.begun.push(key);
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await this.during(key, signal);
      const info = await super.put(key, pieces, signal);
      this.ended.push(key);
      return info;
    } finally {
      this.inFlight--;
    }
  }

  override copy(from: string, to: string, ...rest: [signal?: AbortSignal, mayAppear?: () => Promise<void>]) {
    this.copied.push(to);
    return super.copy(from, to, ...rest);
  }
}

/** Counts up, and remembers what was asked for. */
export class CountingIds implements SegmentIds {
  readonly segmentCalls: SegmentBucket[][] = [];
  readonly logIdCalls: number[] = [];
  readonly recorded = new Set<string>();
  next = 10n ** 17n;

  async segments(buckets: readonly SegmentBucket[]): Promise<bigint[]> {
    await Promise.resolve();
    this.segmentCalls.push([...buckets]);
    const ids = buckets.map(() => this.next++);
    for (const id of ids) this.recorded.add(String(id));
    return ids;
  }

  async logIds(count: number): Promise<bigint> {
    await Promise.resolve();
    this.logIdCalls.push(count);
    this.next += BigInt(count);
    return this.next - BigInt(count);
  }
}
