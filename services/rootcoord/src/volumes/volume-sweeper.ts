import { sleep } from "@sluice/async";
import {
  type DroppedVolumeRecord,
  type RecordEntry,
  UPLOAD_PARTS,
  VOLUME_CONTENTS,
  VOLUME_FILES,
  type VolumeContentRecord,
} from "@sluice/catalog";
import type { MetaStore, Write } from "@sluice/metastore";
import { contentKey, type ObjectStore, volumePrefix } from "@sluice/object-store";
import type { Logger } from "@sluice/telemetry";
import type { VolumeTables } from "./volume-tables.ts";
import type { VolumeUploads } from "./volume-uploads.ts";
import type { Volumes } from "./volumes.ts";

/** What the sweeper needs; `now` is in Unix milliseconds. */
export interface VolumeSweeperDeps {
  readonly store: MetaStore;
  readonly objects: ObjectStore;
  readonly volumes: Volumes;
  readonly tables: VolumeTables;
  readonly uploads: Pick<VolumeUploads, "drop" | "forget">;
  readonly now: () => number;
  readonly log: Logger;
  readonly intervalMs: number;
}

/** An upload that goes on no more. Source: what buckets are usually told for uploads in parts. */
const UPLOAD_MS = 7 * 24 * 3600_000;
/** One that comes by a single request, which nobody can go on with once it has broken off. */
const REQUEST_MS = 24 * 3600_000;
/** What was replaced or removed stays so long, for jobs that read it. */
const REMOVED_MS = 3600_000;
/** Objects of a dropped volume are removed at once, and once more after this, when no upload into it is under way any more. */
const DROPPED_MS = 24 * 3600_000;
/** A temporary volume goes when nothing was written into it for so long. */
const TEMPORARY_MS = 24 * 3600_000;
const DELETE_BATCH = 500;

/** Removes what uploads that were given up, replaced files and dropped volumes left behind: objects first, their record last. */
export class VolumeSweeper implements AsyncDisposable {
  readonly #deps: VolumeSweeperDeps;
  readonly #abort = new AbortController();
  /** Dropped volumes whose objects this process has removed once. */
  readonly #swept = new Set<string>();
  #running: Promise<void> = Promise.resolve();

  constructor(deps: VolumeSweeperDeps) {
    this.#deps = deps;
  }

  /** The first sweep is at once. */
  start(): this {
    this.#running = this.#run();
    return this;
  }

  /** Waits for the sweep that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, intervalMs } = this.#deps;
    while (!this.#abort.signal.aborted) {
      await this.sweep().catch((err: unknown) => log.warn("volumes could not be swept", { err }));
      await sleep(intervalMs, this.#abort.signal);
    }
  }

  /** One look at all records. */
  async sweep(): Promise<void> {
    const { tables, volumes, now } = this.#deps;
    for await (const { record } of volumes.table.scan())
      if (record.isTemporary && record.writtenMs + TEMPORARY_MS < now())
        await volumes.drop(record.name, false).catch(() => undefined);
    for await (const { record } of tables.contents.scan()) await this.#sweepContent(record);
    for await (const { record } of volumes.dropped.scan()) await this.#sweepVolume(record);
  }

  async #sweepContent({ volumeId, contentId, state, sinceMs, inParts }: VolumeContentRecord): Promise<void> {
    const { tables, uploads, now } = this.#deps;
    const keptMs = { uploading: inParts ? UPLOAD_MS : REQUEST_MS, removed: REMOVED_MS, published: REMOVED_MS }[state];
    if (sinceMs + keptMs > now()) return;
    // It may be finished right now: only what was given up by a record is removed.
    if (state === "uploading") return uploads.drop({ volumeId, contentId });
    if (state !== "published") await this.#deleteBelow(`${contentKey(volumeId, contentId)}/`);
    await this.#forget(tables.parts.scan([volumeId, contentId]), (part) =>
      tables.parts.remove(UPLOAD_PARTS.idOf(part)),
    );
    await this.#write([tables.contents.remove([volumeId, contentId])]);
  }

  async #sweepVolume({ volumeId, droppedMs }: DroppedVolumeRecord): Promise<void> {
    const { tables, volumes, uploads, now } = this.#deps;
    const isLast = droppedMs + DROPPED_MS < now();
    if (this.#swept.has(volumeId) && !isLast) return;
    await this.#deleteBelow(volumePrefix(volumeId));
    await this.#forget(tables.files.scan([volumeId]), (file) => tables.files.remove(VOLUME_FILES.idOf(file)));
    await this.#forget(tables.parts.scan([volumeId]), (part) => tables.parts.remove(UPLOAD_PARTS.idOf(part)));
    await this.#forget(tables.contents.scan([volumeId]), (one) => tables.contents.remove(VOLUME_CONTENTS.idOf(one)));
    this.#swept.add(volumeId);
    uploads.forget(volumeId);
    if (isLast) await this.#write([volumes.dropped.remove(volumeId)]);
  }

  async #deleteBelow(prefix: string): Promise<void> {
    const { objects } = this.#deps;
    let keys: string[] = [];
    for await (const { key } of objects.list(prefix)) {
      keys.push(key);
      if (keys.length < DELETE_BATCH) continue;
      await objects.delete(keys);
      keys = [];
    }
    await objects.delete(keys);
  }

  async #forget<T>(entries: AsyncIterable<RecordEntry<T>>, remove: (record: T) => Write): Promise<void> {
    let writes: Write[] = [];
    for await (const { record } of entries) {
      writes.push(remove(record));
      if (writes.length < this.#deps.store.limits.transactionOperations) continue;
      await this.#write(writes);
      writes = [];
    }
    await this.#write(writes);
  }

  async #write(writes: readonly Write[]): Promise<void> {
    if (writes.length > 0) await this.#deps.store.commit({ guards: [], writes });
  }
}
