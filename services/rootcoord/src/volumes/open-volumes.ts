import { stillAllowsOnVolume, type VolumeRight } from "@sluice/access";
import type { VolumeRecord } from "@sluice/catalog";
import { isEnded } from "@sluice/jobs";
import type { MetaStore } from "@sluice/metastore";
import { type ObjectStore, parseContentKey, type Sources, VOLUME_SOURCE } from "@sluice/object-store";
import type { ServedService } from "@sluice/rpc";
import type { JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import { parseCloudIds } from "@sluice/volumes";
import type { AccessBook } from "../access/access-book.ts";
import type { JobBook } from "../jobs/job-book.ts";
import type { RootCoordSettings } from "../settings.ts";
import { checkWritable, UploadGrants } from "./upload-grants.ts";
import { UploadUsage } from "./upload-usage.ts";
import { VolumeFiles } from "./volume-files.ts";
import { VolumePaths } from "./volume-paths.ts";
import { volumeService } from "./volume-service.ts";
import { VolumeSweeper } from "./volume-sweeper.ts";
import { VolumeTables } from "./volume-tables.ts";
import { VolumeUploads } from "./volume-uploads.ts";
import { VolumeWriter } from "./volume-writer.ts";
import { Volumes } from "./volumes.ts";

/** What volumes need. */
export interface OpenVolumesDeps {
  readonly store: MetaStore;
  readonly sources: Sources;
  readonly objects: ObjectStore;
  readonly book: JobBook;
  /** Who may do what. */
  readonly access: Pick<AccessBook, "policy">;
  readonly log: Logger;
}

/** All of volumes that the rootcoord does. Disposing ends its work in the background. */
export interface OpenVolumes extends AsyncDisposable {
  readonly service: ServedService;
  readonly paths: VolumePaths;
  readonly writer: VolumeWriter;
  /** A volume that takes files. @throws {StatusError} 63240, 63244, 63245 */
  readonly writable: (name: string) => Promise<VolumeRecord>;
}

/** How often it is looked for what is to be removed. */
const SWEEP_MS = 60_000;

/** Opens volumes on the records that there are. */
export function openVolumes(settings: RootCoordSettings, deps: OpenVolumesDeps): OpenVolumes {
  const { store, sources, objects, book, access, log } = deps;
  const now = Date.now;
  const tables = new VolumeTables(store);
  const cloudIds = parseCloudIds(settings.cloudIds);
  const volumes = new Volumes({
    ...{ store, now, maxVolumes: settings.maxVolumes, cloudIds },
    hasSource: (name) => sources.has(name),
    readersOf: (volumeId) => readersOf(book, volumeId),
  });
  const { uploadTokenTtlMs: tokenTtlMs, uploadLimitBytes: maxBytes, volumeCapacityBytes: capacityBytes } = settings;
  const mayStill = async (who: { caller: string; name: string; right: VolumeRight }) =>
    stillAllowsOnVolume(await access.policy(), who, now());
  const grants = new UploadGrants({ store, volumes, now, tokenTtlMs, maxBytes, mayStill });
  const limits = { capacityBytes, maxFiles: settings.volumeMaxFiles };
  const uploads = new VolumeUploads({ volumes, usage: new UploadUsage(now), now, ...limits }, tables);
  const files = new VolumeFiles(volumes, tables, now);
  const sweeper = new VolumeSweeper({
    store,
    objects,
    volumes,
    tables,
    uploads,
    now,
    log,
    intervalMs: SWEEP_MS,
  }).start();
  return {
    service: volumeService({ volumes, grants, uploads, files, log }),
    paths: new VolumePaths(volumes, files, cloudIds),
    writer: new VolumeWriter(uploads, objects),
    writable: async (name) => {
      const { record } = await volumes.find(name);
      checkWritable(record);
      return record;
    },
    [Symbol.asyncDispose]: () => sweeper[Symbol.asyncDispose](),
  };
}

/** Open jobs that read files of the volume. */
function readersOf(book: JobBook, volumeId: string): JobId[] {
  const isOfVolume = ({ source, key }: { readonly source: string; readonly key: string }) =>
    source === VOLUME_SOURCE && parseContentKey(key)?.volumeId === volumeId;
  return book.all().flatMap(({ job: { jobId, state, groups } }) => {
    const isReader = !isEnded(state) && groups.some(({ files }) => files.some(isOfVolume));
    return isReader ? [jobId] : [];
  });
}
