import type { volume } from "@sluice/rpc";

/** The bucket of all volumes, as S3 clients name it. */
export const UPLOAD_BUCKET = "sluice-volumes";
/** Clients that are told none ask for it first. */
const UPLOAD_REGION = "us-east-1";

/** Where volumes lie in the bucket. Ids are random: who has a token for one volume learns of no other. */
export function prefixOfVolume(volumeId: string): string {
  return `${volumeId}/`;
}

/** A volume as REST shows it. */
export function volumeJson(entry: volume.VolumeEntry) {
  const { name, type, regionId, description, source, folder, state } = entry;
  return {
    volumeName: name,
    stageName: name,
    type,
    projectId: entry.projectId,
    regionId,
    status: state.toUpperCase(),
    createTime: timeText(entry.createdMs),
    ...(description && { description }),
    ...(type === "EXTERNAL"
      ? { storageIntegrationId: source, path: folder }
      : { fileCount: Number(entry.fileCount), totalBytes: Number(entry.totalBytes) }),
  };
}

/**
 * What an uploader is told, in the words of every release of every client: they look for different ones, and fail where theirs is
 * missing.
 * @param endpoint host, or host and port, of the gateway, without a scheme
 */
export function grantJson(grant: volume.GrantUploadResponse, endpoint: string) {
  const { name = "", volumeId = "" } = grant.volume ?? {};
  const prefix = prefixOfVolume(volumeId);
  return {
    endpoint,
    cloud: "aws",
    region: UPLOAD_REGION,
    bucketName: UPLOAD_BUCKET,
    uploadPath: prefix + grant.folder,
    remotePath: prefix + grant.folder,
    volumePrefix: prefix,
    stagePrefix: prefix,
    volumeName: name,
    stageName: name,
    credentials: {
      tmpAK: grant.accessKeyId,
      tmpSK: grant.secretAccessKey,
      sessionToken: grant.sessionToken,
      expireTime: timeText(grant.expiresMs),
    },
    condition: {
      maxContentLength: Number(grant.maxBytes),
      ...(grant.maxFiles < BigInt(Number.MAX_SAFE_INTEGER) && { maxFileNumber: Number(grant.maxFiles) }),
    },
  };
}

/** A file as REST shows it. */
export function fileJson({ path, sizeBytes, etag, modifiedMs }: volume.FileEntry) {
  return { path, fileSize: Number(sizeBytes), etag, modifyTime: new Date(Number(modifiedMs)).toISOString() };
}

/** RFC 3339 in whole seconds, in UTC: clients compare it, and old ones take no other form. */
export function timeText(ms: bigint): string {
  return new Date(Number(ms)).toISOString().replace(/\.\d+Z$/, "Z");
}
