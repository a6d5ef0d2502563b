import { giveSpareMemory, Serial } from "@sluice/async";
import type { ChangeRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type dataCoord, okStatus } from "@sluice/rpc";
import type { CollectionId } from "@sluice/schema";
import type { ChangeBook } from "../change-book.ts";
import { type DeleteCall, deleteCallOf, type RowCall, rowCallOf } from "./row-call.ts";
import { ReadRowsMoved, type RowCommits } from "./row-commits.ts";

// W7. A call is answered when its rows are durable in sealed segments and one change has made them visible: whatever dies
//     before, none of them is seen; whatever dies afterwards, all of them are.
// W8. A call is carried out once: the change that did it says its id, and who asks again is answered by that.
// W9. Calls of a collection are carried out in their order. Those that come while one is written are written together by the
//     next change: one client waits for nobody, a thousand wait for one write.

/** Of one change. */
const MAX_GROUP_CALLS = 512;
const MAX_GROUP_BYTES = 16 << 20;

type AnyCall = RowCall | DeleteCall;

interface WaitingCall {
  readonly call: AnyCall;
  readonly settle: PromiseWithResolvers<ChangeRecord>;
}

/** Calls of one collection: those that wait, and the turns of those that are carried out. */
interface Line {
  readonly waiting: WaitingCall[];
  readonly turns: Serial;
}

/** Carries out what clients do to rows, one call at a time or many together. */
export class RowWriter implements AsyncDisposable {
  readonly #changes: ChangeBook;
  readonly #commits: RowCommits;
  readonly #lines = new Map<CollectionId, Line>();
  /** Calls that are under way, for those that are made again meanwhile (W8). */
  readonly #calls = new Map<bigint, Promise<ChangeRecord>>();
  readonly #closing = new AbortController();

  constructor(changes: ChangeBook, commits: RowCommits) {
    this.#changes = changes;
    this.#commits = commits;
  }

  /** @throws {ImportError} when storage fails; nothing of the call is visible then, or ever */
  async write(request: dataCoord.WriteRowsRequest): Promise<dataCoord.WriteRowsResponse> {
    try {
      const { commitTs } = await this.#carriedOut(rowCallOf(request));
      return { status: okStatus(), timestamp: commitTs, moved: false };
    } catch (error) {
      if (error instanceof ReadRowsMoved) return { status: okStatus(), timestamp: 0n, moved: true };
      throw error;
    }
  }

  /** @throws {StatusError} 1100 for a bad expression; as `write` */
  async delete(request: dataCoord.DeleteRowsRequest): Promise<dataCoord.DeleteRowsResponse> {
    const { commitTs, deleteCount = 0 } = await this.#carriedOut(deleteCallOf(request));
    return { status: okStatus(), timestamp: commitTs, count: BigInt(deleteCount) };
  }

  /** Runs while no call of the collection is carried out. */
  exclusively<T>(collectionId: CollectionId, run: () => Promise<T>): Promise<T> {
    return this.#lineOf(collectionId).turns.run(run);
  }

  async #carriedOut(call: AnyCall): Promise<ChangeRecord> {
    const { collectionId, callId } = call;
    return this.#changes.changeOfCall(collectionId, callId) ?? this.#calls.get(callId) ?? this.#enqueue(call);
  }

  #enqueue(call: AnyCall): Promise<ChangeRecord> {
    const settle = Promise.withResolvers<ChangeRecord>();
    this.#calls.set(call.callId, settle.promise);
    const done = () => this.#calls.delete(call.callId);
    settle.promise.then(done, done);
    const { waiting, turns } = this.#lineOf(call.collectionId);
    waiting.push({ call, settle });
    // The turns of calls that went together with an earlier one find nothing left to do.
    turns.run(() => this.#writeGroup(waiting));
    return settle.promise;
  }

  #lineOf(collectionId: CollectionId): Line {
    const known = this.#lines.get(collectionId);
    if (known) return known;
    const line = { waiting: [], turns: new Serial() };
    this.#lines.set(collectionId, line);
    return line;
  }

  async #writeGroup(waiting: WaitingCall[]): Promise<void> {
    if (waiting.length === 0) return;
    const group = waiting.splice(0, groupLength(waiting));
    try {
      const change = await this.#commit(group.map(({ call }) => call));
      for (const { settle } of group) settle.resolve(change);
      for (const { call } of group) if (call.kind !== "delete") releaseRows(call);
    } catch (error) {
      for (const { settle } of group) settle.reject(error);
    }
  }

  #commit(calls: readonly AnyCall[]): Promise<ChangeRecord> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const [first] = calls;
    if (first.kind === "delete")
      return first.request.truncates ? this.#commits.truncate(first) : this.#commits.delete(first, signal);
    const rows = calls.filter((call) => call.kind !== "delete");
    return first.kind === "upsert" ? this.#commits.upsert(rows, signal) : this.#commits.insert(rows, signal);
  }

  /** Ends what is under way; its callers hear that it failed, and nothing of it is seen. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ImportError("aborted", "the datacoord ends"));
    await Promise.all([...this.#lines.values()].map(({ turns }) => turns.run(async () => {})));
  }
}

/** Rows that are written are nobody's any more. */
function releaseRows({ batch }: RowCall): void {
  for (const column of batch.columns) if (column) giveSpareMemory(column.data);
}

/** How many of those that wait go together: of one target, as long as they are few and small. */
function groupLength(line: readonly WaitingCall[]): number {
  const [{ call: first }] = line;
  if (first.target === undefined) return 1;
  let bytes = first.sizeBytes;
  for (let i = 1; i < line.length; i++) {
    const { call } = line[i];
    bytes += call.sizeBytes;
    if (i >= MAX_GROUP_CALLS || bytes > MAX_GROUP_BYTES || call.target !== first.target) return i;
  }
  return line.length;
}
