import type { VolumeRecord } from "@sluice/catalog";
import { okStatus, type ServedService, served, volume } from "@sluice/rpc";
import type { IssuedGrant, UploadGrants } from "./upload-grants.ts";
import type { Volumes } from "./volumes.ts";

/** What the rootcoord answers about volumes. */
export function volumeService(volumes: Volumes, grants: UploadGrants): ServedService {
  return served<volume.VolumeCoordServer>(volume.VolumeCoordService, {
    createVolume: async (request) => answer(await volumes.create(request)),
    describeVolume: async ({ name }) => answer((await volumes.find(name)).record),
    listVolumes: async (request) => ({ status: okStatus(), volumes: (await volumes.list(request)).map(entryOf) }),
    alterVolume: async (request) => answer(await volumes.alter(request)),
    dropVolume: async ({ name }) => {
      await volumes.drop(name);
      return okStatus();
    },
    grantUpload: async (request) => grantMessage(await grants.issue(request)),
  });
}

function answer(record: VolumeRecord): volume.VolumeResponse {
  return { status: okStatus(), volume: entryOf(record) };
}

function entryOf(record: VolumeRecord): volume.VolumeEntry {
  const { name, type, projectId, regionId, description, state, volumeId, source = "", folder = "" } = record;
  return {
    ...{ name, type, projectId, regionId, description, state, volumeId, source, folder },
    createdMs: BigInt(record.createdMs),
    fileCount: BigInt(record.fileCount),
    totalBytes: BigInt(record.totalBytes),
  };
}

function grantMessage({ record, expiresMs, maxBytes, maxFiles, ...rest }: IssuedGrant): volume.GrantUploadResponse {
  const limits = { expiresMs: BigInt(expiresMs), maxBytes: BigInt(maxBytes), maxFiles: BigInt(maxFiles) };
  return { status: okStatus(), volume: entryOf(record), ...rest, ...limits };
}
