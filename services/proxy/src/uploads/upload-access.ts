import { checkStatus, type volume } from "@sluice/rpc";
import { checkSignature, filePathOf, headerOf, parseSignature, S3Refusal } from "@sluice/volumes";
import type { VolumeClient } from "../volumes/volume-operations.ts";
import { prefixOfVolume } from "../volumes/volume-views.ts";
import type { S3Request } from "./s3-request.ts";

/** Uploads in parts that were begun in time may be finished so much later: old clients ask for no new credentials during a file. */
const GRACE_MS = 24 * 3600_000;

/** What a request may do: that of the credentials that it was signed with. */
export interface UploadAccess {
  readonly grant: volume.CheckUploadResponse;
  readonly limits: volume.UploadLimits;
  /** See `SignatureV4`; of a request that was not signed none of the body is. */
  readonly payload: string;
  readonly signature: ReturnType<typeof parseSignature> | undefined;
}

/**
 * Who asks, by the signature of S3, or by the session token alone as a Bearer, which Google's storage has taught clients.
 * @param options.isLate the request goes on with an upload that was begun before
 * @throws {S3Refusal}
 */
export async function accessOf(
  client: VolumeClient,
  request: S3Request,
  { isLate = false } = {},
): Promise<UploadAccess> {
  const { headers } = request;
  const bearer = /^Bearer (.+)$/i.exec(headerOf(headers, "authorization"))?.[1];
  const signature = bearer === undefined ? parseSignature(request, Date.now()) : undefined;
  const grant = await client.checkUpload({ sessionToken: bearer ?? headerOf(headers, "x-amz-security-token") });
  checkStatus(grant.status);
  if (!grant.isValid || (signature && signature.accessKeyId !== grant.accessKeyId))
    throw new S3Refusal(
      "InvalidAccessKeyId",
      "the credentials are not known here, or their volume is gone: ask for new ones",
    );
  if (signature) checkSignature(request, signature, grant.secretAccessKey);
  if (Number(grant.expiresMs) + (isLate ? GRACE_MS : 0) < Date.now())
    throw new S3Refusal("ExpiredToken", "the credentials have expired: ask for new ones");
  request.identified({ user: grant.user, file: fileOf(request, grant) });
  const limits = { tokenId: grant.accessKeyId, maxBytes: grant.maxBytes, maxFiles: grant.maxFiles };
  return { grant, limits, signature, payload: signature?.payload ?? "UNSIGNED-PAYLOAD" };
}

function fileOf({ key = "" }: S3Request, { volumeName, volumeId }: volume.CheckUploadResponse): string {
  const prefix = prefixOfVolume(volumeId);
  return key.startsWith(prefix) ? `${volumeName}/${key.slice(prefix.length)}` : volumeName;
}

/** The path of the file that a key means. @throws {S3Refusal} `AccessDenied` for what the credentials are not for; {StatusError} 63247 */
export function pathOfKey({ grant }: UploadAccess, key: string): string {
  const prefix = prefixOfVolume(grant.volumeId);
  if (!key.startsWith(prefix)) throw denied(grant);
  const path = filePathOf(key.slice(prefix.length));
  if (!path.startsWith(grant.folder)) throw denied(grant);
  return path;
}

/** The beginning of paths that a listing asks for. @throws {S3Refusal} as `pathOfKey` */
export function prefixOfListing({ grant }: UploadAccess, prefix: string): string {
  const volumePrefix = prefixOfVolume(grant.volumeId);
  const path = prefix
    .slice(volumePrefix.length)
    .replace(/\/{2,}/g, "/")
    .replace(/^\//, "");
  if (!prefix.startsWith(volumePrefix) || !path.startsWith(grant.folder)) throw denied(grant);
  return path;
}

function denied({ volumeName, folder }: volume.CheckUploadResponse): S3Refusal {
  return new S3Refusal(
    "AccessDenied",
    `the credentials are for the folder "${folder}" of the volume "${volumeName}" alone`,
  );
}
