import { randomBytes } from "node:crypto";
import { Serial } from "@sluice/async";
import {
  commitWithRetry,
  DROPPED_VOLUMES,
  type DroppedVolumeRecord,
  type RecordEntry,
  RecordTable,
  VOLUMES,
  type VolumeRecord,
} from "@sluice/catalog";
import { excerptOfList, StatusError } from "@sluice/errors";
import type { MetaStore, MetaTransaction } from "@sluice/metastore";
import type { volume } from "@sluice/rpc";
import type { JobId } from "@sluice/schema";
import {
  type CloudIds,
  checkDescription,
  checkVolumeName,
  isVolumeName,
  volumeCodes,
  volumeNotFound,
} from "@sluice/volumes";
import { checkType, kindOf } from "./volume-kind.ts";

/** What volumes need; `now` is in Unix milliseconds. */
export interface VolumesDeps {
  readonly store: MetaStore;
  readonly now: () => number;
  /** Whether external volumes may lie there: a source of the settings. */
  readonly hasSource: (name: string) => boolean;
  /** Open jobs that read files of a volume. */
  readonly readersOf: (volumeId: string) => readonly JobId[];
  readonly maxVolumes: number;
  /** By what this server is called; undefined = whatever a request says. */
  readonly cloudIds?: CloudIds | undefined;
}

/** What a change comes to: records to write, unless everything is as wanted already, and the answer. */
interface Change<R> {
  readonly transaction?: MetaTransaction;
  readonly result: R;
}

/** Older clients name none. */
const DEFAULT_PROJECT = "proj-default";
const DEFAULT_REGION = "local";

/**
 * The records of volumes. One at a time changes them, in turn.
 *
 * V1. A volume is what its id says: a name that is dropped can be taken at once by a volume that sees nothing of the old one.
 */
export class Volumes {
  readonly table: RecordTable<VolumeRecord, string>;
  readonly dropped: RecordTable<DroppedVolumeRecord, string>;
  readonly #deps: VolumesDeps;
  readonly #turns = new Serial();

  constructor(deps: VolumesDeps) {
    this.#deps = deps;
    this.table = new RecordTable(deps.store, VOLUMES);
    this.dropped = new RecordTable(deps.store, DROPPED_VOLUMES);
  }

  /** Decides from the records and commits; decides again when they have changed. Refusals pass to the caller. */
  change<R>(decide: () => Promise<Change<R>>): Promise<R> {
    return this.#turns.run(() => commitWithRetry(this.#deps.store, decide));
  }

  /** @throws {StatusError} 63240 */
  async find(name: string): Promise<RecordEntry<VolumeRecord>> {
    // What no volume can be called may be no key of the metastore either.
    const found = isVolumeName(name) ? await this.table.get(name) : undefined;
    if (!found) throw volumeNotFound(name);
    return found;
  }

  /** @throws {StatusError} 63241 a volume has the name; 63242, 63243, 63244 */
  async create(request: volume.CreateVolumeRequest): Promise<VolumeRecord> {
    checkVolumeName(request.name);
    checkDescription(request.description);
    const kind = kindOf(request, this.#deps.hasSource);
    return this.add({
      ...newVolume(request.name, this.#deps.now()),
      ...placeOf(request, this.#deps.cloudIds),
      ...kind,
    });
  }

  /** @throws {StatusError} 63241, 63243 */
  add(record: VolumeRecord): Promise<VolumeRecord> {
    const { name } = record;
    return this.change(async () => {
      if (await this.table.get(name))
        throw new StatusError(volumeCodes.nameTaken, `there is a volume "${name}" already`);
      await this.#checkCount();
      return {
        transaction: { guards: [this.table.absent(name)], writes: [this.table.write(record)] },
        result: record,
      };
    });
  }

  /** In the byte order of their names; temporary ones are nobody's. @throws {StatusError} 63244 for a type that is none */
  async list({ projectId, type }: volume.ListVolumesRequest): Promise<VolumeRecord[]> {
    checkType(type);
    const all = await Array.fromAsync(this.table.scan(), ({ record }) => record);
    return all.filter(
      (record) =>
        !record.isTemporary &&
        (projectId === "" || record.projectId === projectId) &&
        (type === "" || record.type === type),
    );
  }

  /** What is recorded, but for external ones whose source the server has no more. */
  stateOf({ state, source }: VolumeRecord): VolumeRecord["state"] | "error" {
    return source === undefined || this.#deps.hasSource(source) ? state : "error";
  }

  /** @throws {StatusError} 63240, 63242; 63244 for a state that is none */
  async alter({ name, description, state: asked }: volume.AlterVolumeRequest): Promise<VolumeRecord> {
    if (description !== undefined) checkDescription(description);
    const state = stateOf(asked);
    return this.change(async () => {
      const entry = await this.find(name);
      const next = { ...entry.record, ...(description !== undefined && { description }), ...(state && { state }) };
      const writes = [this.table.write(next)];
      return { transaction: { guards: [this.table.guard(entry)], writes }, result: next };
    });
  }

  /** Its files are gone for users with it. @param force although jobs read it, which fail @throws {StatusError} 63240, 63246 */
  async drop(name: string, force: boolean): Promise<VolumeRecord> {
    return this.change(async () => {
      const entry = await this.find(name);
      const { volumeId } = entry.record;
      const readers = force ? [] : this.#deps.readersOf(volumeId);
      if (readers.length > 0) throw inUse(name, readers);
      const gone = { volumeId, name, droppedMs: this.#deps.now() };
      const writes = [this.table.remove(name), this.dropped.write(gone)];
      return { transaction: { guards: [this.table.guard(entry)], writes }, result: entry.record };
    });
  }

  async #checkCount(): Promise<void> {
    const all = await Array.fromAsync(this.table.scan(), ({ record }) => record);
    const { maxVolumes } = this.#deps;
    if (all.length < maxVolumes) return;
    const temporary = all.filter(({ isTemporary }) => isTemporary).length;
    const unlisted = temporary > 0 ? `, of which ${temporary} go by themselves a day after their last file` : "";
    const reason = `there are ${all.length} volumes${unlisted}, and there may be ${maxVolumes} (setting max-volumes): drop one`;
    throw new StatusError(volumeCodes.tooMany, reason);
  }
}

function inUse(name: string, readers: readonly JobId[]): StatusError {
  const jobs = excerptOfList(readers.map(String));
  const reason = `the volume "${name}" is read by jobs ${jobs}: wait for them, or drop it with ?force=true`;
  return new StatusError(volumeCodes.inUse, reason);
}

function placeOf(request: volume.CreateVolumeRequest, ids: CloudIds | undefined): Partial<VolumeRecord> {
  const { projectId, regionId, description } = request;
  const { project = DEFAULT_PROJECT, region = DEFAULT_REGION } = ids ?? {};
  return { description, projectId: projectId || project, regionId: regionId || region };
}

function stateOf(text: string): VolumeRecord["state"] | undefined {
  if (text === "" || text === "running" || text === "frozen") return text || undefined;
  throw new StatusError(volumeCodes.invalidKind, `a volume cannot be made "${text}": expected running or frozen`);
}

/** A managed volume without files. */
export function newVolume(name: string, now: number): VolumeRecord {
  return {
    name,
    volumeId: randomBytes(10).toString("hex"),
    type: "MANAGED",
    projectId: DEFAULT_PROJECT,
    regionId: DEFAULT_REGION,
    description: "",
    state: "running",
    createdMs: now,
    fileCount: 0,
    totalBytes: 0,
    isTemporary: false,
    writtenMs: now,
  };
}
