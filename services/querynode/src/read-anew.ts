import { SegmentGone } from "@sluice/segment";

/** Reads that begin anew before the loss is told: each had a snapshot of its own. */
const MAX_READS = 3;

/**
 * A read whose segments were replaced and swept while it took longer than they are kept (storage was away) begins anew, with
 * what is visible then. One that is pinned to a moment meets the same again, and fails.
 */
export async function readAnew<T>(read: () => Promise<T>): Promise<T> {
  for (let left = MAX_READS - 1; ; left--) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof SegmentGone) || left === 0) throw error;
    }
  }
}
