import type { UploadPartRecord, VolumeFileRecord, VolumeRecord } from "@sluice/catalog";
import { contentKey } from "@sluice/object-store";
import { type common, type Handlers, okStatus, type ServedService, served, volume } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import type { FileGrant, OpenedToken } from "@sluice/volumes";
import type { IssuedGrant, UploadGrants } from "./upload-grants.ts";
import type { VolumeFiles } from "./volume-files.ts";
import type { VolumeUploads } from "./volume-uploads.ts";
import type { Volumes } from "./volumes.ts";

/** What answers calls about volumes. */
export interface VolumeServiceDeps {
  readonly volumes: Volumes;
  readonly grants: UploadGrants;
  readonly uploads: VolumeUploads;
  readonly files: VolumeFiles;
  readonly log: Logger;
}

type VolumeHandlers = Handlers<volume.VolumeCoordServer>;

/** What the rootcoord answers about volumes. */
export function volumeService(deps: VolumeServiceDeps): ServedService {
  return served<volume.VolumeCoordServer>(volume.VolumeCoordService, {
    ...volumeHandlers(deps),
    ...grantHandlers(deps),
    ...contentHandlers(deps.uploads),
    ...fileHandlers(deps.files),
  });
}

function volumeHandlers({ volumes, log }: VolumeServiceDeps): Partial<VolumeHandlers> {
  const shown = (record: VolumeRecord) => entryOf(record, volumes.stateOf(record));
  const answer = (record: VolumeRecord): volume.VolumeResponse => ({ status: okStatus(), volume: shown(record) });
  return {
    createVolume: async (request) => {
      const record = await volumes.create(request);
      log.info("volume created", { volume: record.name, volumeId: record.volumeId });
      return answer(record);
    },
    describeVolume: async ({ name }) => answer((await volumes.find(name)).record),
    listVolumes: async (request) => ({ status: okStatus(), volumes: (await volumes.list(request)).map(shown) }),
    alterVolume: async (request) => answer(await volumes.alter(request)),
    dropVolume: async ({ name, force }) => {
      const { volumeId, fileCount } = await volumes.drop(name, force);
      log.info("volume dropped", { volume: name, volumeId, fileCount, force });
      return okStatus();
    },
  };
}

/** What is given out is logged without its secrets. */
function grantHandlers({ grants, log }: VolumeServiceDeps): Partial<VolumeHandlers> {
  return {
    grantUpload: async (request) => {
      const grant = await grants.issue(request);
      const { record, folder, accessKeyId, expiresMs } = grant;
      log.info("upload credentials given out", { volume: record.name, folder, accessKeyId, expiresMs });
      return grantMessage(grant);
    },
    checkUpload: async ({ sessionToken }) => tokenMessage(await grants.check(sessionToken)),
    grantFile: async (request) => {
      const { ttlMs, maxBytes, ...asked } = request;
      const issued = await grants.issueFile({ ...asked, ttlMs: Number(ttlMs), maxBytes: Number(maxBytes) });
      const { volumeName, path, method } = request;
      log.info("link to a file given out", { volume: volumeName, path, method, expiresMs: issued.expiresMs });
      return { status: okStatus(), ticket: issued.ticket, expiresMs: BigInt(issued.expiresMs) };
    },
    checkFile: async ({ ticket }) => ticketMessage(await grants.checkFile(ticket)),
  };
}

function contentHandlers(uploads: VolumeUploads): Partial<VolumeHandlers> {
  return {
    beginContent: async (request) => {
      const { volumeId, contentId } = await uploads.begin(request);
      return { status: okStatus(), volumeId, contentId };
    },
    checkPart: (request) => done(uploads.checkPart(request)),
    savePart: (request) => done(uploads.savePart(request)),
    listParts: async (request) => {
      const { path, parts } = (await uploads.partsOf(request)) ?? { path: "", parts: [] };
      return { status: okStatus(), path, parts: parts.map(partMessage) };
    },
    publishContent: (request) => done(uploads.publish(request)),
    dropContent: (request) => done(uploads.drop(request)),
  };
}

function fileHandlers(files: VolumeFiles): Partial<VolumeHandlers> {
  return {
    describeFile: async (request) => {
      const file = await files.find(request);
      return { status: okStatus(), file: file && fileMessage(file) };
    },
    listFiles: async (request) => {
      const page = await files.list(request);
      const { folders, nextAfter } = page;
      return { status: okStatus(), files: page.files.map(fileMessage), folders: [...folders], nextAfter };
    },
    removeFile: (request) => done(files.remove(request)),
  };
}

async function done(work: Promise<unknown>): Promise<common.Status> {
  await work;
  return okStatus();
}

function partMessage({ partNumber, partId, sizeBytes, md5 }: UploadPartRecord): volume.UploadPart {
  return { partNumber, partId, sizeBytes: BigInt(sizeBytes), md5 };
}

function fileMessage({ volumeId, contentId, path, sizeBytes, etag, modifiedMs }: VolumeFileRecord): volume.FileEntry {
  const key = contentKey(volumeId, contentId);
  return { path, etag, key, sizeBytes: BigInt(sizeBytes), modifiedMs: BigInt(modifiedMs) };
}

function tokenMessage(token: OpenedToken | undefined): volume.CheckUploadResponse {
  const message = volume.CheckUploadResponse.fromPartial({ status: okStatus(), isValid: token !== undefined });
  if (!token) return message;
  const { expiresMs, maxBytes, maxFiles, ...rest } = token;
  return { ...message, ...rest, expiresMs: BigInt(expiresMs), maxBytes: BigInt(maxBytes), maxFiles: BigInt(maxFiles) };
}

function ticketMessage(grant: FileGrant | undefined): volume.CheckFileResponse {
  const { volumeId: _, expiresMs = 0, maxBytes = 0, ...rest } = grant ?? {};
  return volume.CheckFileResponse.fromPartial({
    status: okStatus(),
    isValid: grant !== undefined,
    grant: { ...rest, expiresMs: BigInt(expiresMs), maxBytes: BigInt(maxBytes) },
  });
}

function entryOf(record: VolumeRecord, state: string): volume.VolumeEntry {
  const { name, type, projectId, regionId, description, volumeId, source = "", folder = "" } = record;
  return {
    ...{ name, type, projectId, regionId, description, state, volumeId, source, folder },
    createdMs: BigInt(record.createdMs),
    fileCount: BigInt(record.fileCount),
    totalBytes: BigInt(record.totalBytes),
  };
}

function grantMessage({ record, expiresMs, maxBytes, maxFiles, ...rest }: IssuedGrant): volume.GrantUploadResponse {
  const limits = { expiresMs: BigInt(expiresMs), maxBytes: BigInt(maxBytes), maxFiles: BigInt(maxFiles) };
  return { status: okStatus(), volume: entryOf(record, record.state), ...rest, ...limits };
}
