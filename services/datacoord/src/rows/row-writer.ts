import { type dataCoord, okStatus } from "@sluice/rpc";
import type { CollectionId } from "@sluice/schema";
import type { ChangeBook } from "../change-book.ts";
import { type RowCall, rowCallOf } from "./row-call.ts";
import type { RowCommits } from "./row-commits.ts";

// W7. A call is answered when its rows are durable in sealed segments and one change has made them visible: whatever dies
//     before, none of them is seen; whatever dies afterwards, all of them are.
// W8. A call is carried out once: the change that did it says its id, and who asks again is answered by that.
// W9. Calls of a collection are carried out in their order. Those that come while one is written are written together by the
//     next change: one client waits for nobody, a thousand wait for one write.

/** Of one change. */
const MAX_GROUP_CALLS = 512;
const MAX_GROUP_BYTES = 16 << 20;

interface WaitingCall {
  readonly call: RowCall;
  readonly settle: PromiseWithResolvers<bigint>;
}

/** Writes rows that clients send one call at a time. */
export class RowWriter implements AsyncDisposable {
  readonly #changes: ChangeBook;
  readonly #commits: RowCommits;
  /** Calls that wait, of each collection that has some, or that is being written. */
  readonly #lines = new Map<CollectionId, WaitingCall[]>();
  /** Calls that are under way, for those that are made again meanwhile (W8). */
  readonly #calls = new Map<bigint, Promise<bigint>>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(changes: ChangeBook, commits: RowCommits) {
    this.#changes = changes;
    this.#commits = commits;
  }

  /** @throws {ImportError} when storage fails; nothing of the call is visible then, or ever */
  async write(request: dataCoord.WriteRowsRequest): Promise<dataCoord.WriteRowsResponse> {
    const call = rowCallOf(request);
    const { collectionId, callId } = call;
    const madeTs = this.#changes.callTs(collectionId, callId);
    return { status: okStatus(), timestamp: madeTs ?? (await (this.#calls.get(callId) ?? this.#enqueue(call))) };
  }

  #enqueue(call: RowCall): Promise<bigint> {
    const settle = Promise.withResolvers<bigint>();
    this.#calls.set(call.callId, settle.promise);
    const done = () => this.#calls.delete(call.callId);
    settle.promise.then(done, done);
    const line = this.#lines.get(call.collectionId);
    if (line) line.push({ call, settle });
    else {
      this.#lines.set(call.collectionId, [{ call, settle }]);
      const run = this.#run(call.collectionId);
      this.#running.add(run);
      run.then(() => this.#running.delete(run));
    }
    return settle.promise;
  }

  /** Writes group after group until nobody waits. */
  async #run(collectionId: CollectionId): Promise<void> {
    for (let line = this.#lines.get(collectionId); line && line.length > 0; ) {
      const group = line.splice(0, groupLength(line));
      try {
        const timestamp = await this.#commits.insert(
          group.map(({ call }) => call),
          this.#closing.signal,
        );
        for (const { settle } of group) settle.resolve(timestamp);
      } catch (error) {
        for (const { settle } of group) settle.reject(error);
      }
    }
    this.#lines.delete(collectionId);
  }

  /** Ends what is under way; its callers hear that it failed, and nothing of it is seen. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the datacoord ends"));
    await Promise.all(this.#running);
  }
}

/** How many of those that wait go together: of one target, as long as they are few and small. */
function groupLength(line: readonly WaitingCall[]): number {
  const [{ call: first }] = line;
  let bytes = first.sizeBytes;
  for (let i = 1; i < line.length; i++) {
    const { call } = line[i];
    bytes += call.sizeBytes;
    if (i >= MAX_GROUP_CALLS || bytes > MAX_GROUP_BYTES || call.target !== first.target) return i;
  }
  return line.length;
}
