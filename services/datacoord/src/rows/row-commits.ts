import type { ChangeRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type CollectionId, type JobId, segmentId } from "@sluice/schema";
import { type Snapshot, VisibleMoved } from "../change.ts";
import { newestRows } from "./newest-rows.ts";
import type { DeleteCall, RowCall } from "./row-call.ts";
import { type AnyCall, type Decided, RowChanges, type RowChangesDeps } from "./row-changes.ts";
import type { FoundRows, RowDeletes } from "./row-deletes.ts";

/** What commits need besides: how deletes are found and written. */
export interface RowCommitsDeps extends RowChangesDeps {
  readonly deletes: RowDeletes;
}

/** Rows that an update was made of are not what they were: read them again. */
export class ReadRowsMoved extends ImportError {
  constructor() {
    super("internal", "the rows that are changed have changed meanwhile");
  }
}

/** Makes the rows of calls visible, or deleted, by one change each time. Its id is also that of the job that its segments belong to. */
export class RowCommits {
  readonly #deps: RowCommitsDeps;
  readonly #rows: RowChanges;

  constructor(deps: RowCommitsDeps) {
    this.#deps = deps;
    this.#rows = new RowChanges(deps);
  }

  /** Whether segments of this id are being written, or will be: nobody sees them yet, and they are no garbage. */
  isOpen(id: JobId): boolean {
    return this.#rows.isOpen(id);
  }

  /**
   * Rows of calls with one target.
   * @throws {ImportError} when storage fails: what was written is garbage
   */
  insert(calls: readonly RowCall[], signal: AbortSignal): Promise<ChangeRecord> {
    return this.#rows.owned(calls, async (id) => {
      const timestamp = await this.#deps.allocateTs();
      return this.#rows.commit(id, calls, { adds: await this.#rows.write(id, calls, timestamp, signal) });
    });
  }

  /**
   * The same, in the place of the rows that have their keys: deletes and rows have one timestamp, up to which rows are deleted. What
   * another change does meanwhile is met by beginning anew.
   */
  upsert(calls: readonly RowCall[], signal: AbortSignal): Promise<ChangeRecord> {
    const { keys, calls: newest } = newestRows(calls);
    const [{ collectionId, schema }] = calls;
    return this.#untilSettled(
      async (id, snapshot) => {
        const found = await this.#deps.deletes.findKeys(snapshot, calls[0], keys, signal);
        checkRead(calls[0], found.rows, snapshot);
        const deleted = await this.#deps.deletes.write(found.rows, schema, snapshot.timestamp);
        const adds = await this.#rows.write(id, newest, snapshot.timestamp, signal);
        return { adds, extends: deleted };
      },
      calls,
      collectionId,
    );
  }

  /**
   * The keys that an expression selects, with all rows that have them: a delete says keys, and which rows lie in one segment must make no
   * difference.
   * @throws {StatusError} 1100 for a bad one
   */
  delete(call: DeleteCall, signal: AbortSignal): Promise<ChangeRecord> {
    const { request, partitionIds, schema } = call;
    const { deletes } = this.#deps;
    return this.#untilSettled(
      async (_id, snapshot) => {
        const selected = await deletes.find(snapshot, request, partitionIds, signal);
        const keys = [...new Set(selected.rows.flatMap((rows) => rows.keys))];
        const isAll = selected.namedKeys > 0 || keys.length === 0;
        const { rows } = isAll ? selected : await deletes.findKeys(snapshot, call, keys, signal);
        const deleted = await deletes.write(rows, schema, snapshot.timestamp);
        return { adds: [], extends: deleted, deleteCount: selected.namedKeys || keys.length };
      },
      [call],
      call.collectionId,
    );
  }

  /** All rows at once: what is visible goes, also what other jobs have read or are merging, which then find it gone. */
  truncate(call: DeleteCall): Promise<ChangeRecord> {
    const decide = async (_id: JobId, { visible }: Snapshot) => ({ adds: [], removes: [...visible.keys()] });
    return this.#untilSettled(decide, [call], call.collectionId);
  }

  /** Decides on a change by what is visible, as often as something else has changed that meanwhile. */
  async #untilSettled(
    decide: (id: JobId, snapshot: Snapshot) => Promise<Decided>,
    calls: readonly AnyCall[],
    collectionId: CollectionId,
  ): Promise<ChangeRecord> {
    for (;;) {
      const snapshot = await this.#deps.changes.snapshot(collectionId);
      // A change was made while its timestamp was waited for: it is not in the snapshot.
      if (snapshot.lastTs > snapshot.timestamp) continue;
      const steady = { ...snapshot, visible: new Map(snapshot.visible) };
      try {
        return await this.#rows.owned(calls, async (id) =>
          this.#rows.commit(id, calls, await decide(id, steady), steady),
        );
      } catch (error) {
        if (!(error instanceof VisibleMoved)) throw error;
      }
    }
  }
}

/**
 * Rows are as they were read when all that are there now were there then, and none is gone. A merge makes rows new to this look:
 * then they are read once more for nothing.
 * @throws {ReadRowsMoved}
 */
function checkRead({ read }: RowCall, found: readonly FoundRows[], { visible }: Snapshot): void {
  if (!read) return;
  const isOld = ({ segment }: FoundRows) =>
    (visible.get(segmentId(segment.segmentId))?.commitTs ?? read.timestamp + 1n) <= read.timestamp;
  const there = new Set(found.flatMap(({ keys }) => keys));
  if (!found.every(isOld) || !read.keys.every((key) => there.has(key))) throw new ReadRowsMoved();
}
