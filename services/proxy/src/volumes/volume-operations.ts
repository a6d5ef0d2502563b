import { StatusError, statusCodes } from "@sluice/errors";
import { type Client, checkStatus, type volume } from "@sluice/rpc";
import { filePathOf, uriEncode, volumeCodes } from "@sluice/volumes";
import type { z } from "zod";
import {
  type alterVolumeBody,
  type applyVolumeBody,
  type createVolumeBody,
  type listFilesQuery,
  type listVolumesQuery,
  nameOf,
  type presignBody,
} from "./volume-requests.ts";
import { fileJson, grantJson, timeText, volumeJson } from "./volume-views.ts";

/** Seconds that a link is good for unless it is said. */
const LINK_S = 3600;

/** The rootcoord's service of volumes. */
export type VolumeClient = Client<volume.VolumeCoordClient>;

/** What users do with volumes, whichever way they ask. Each answers the `data` of REST, and throws StatusError for what is refused. */
export class VolumeOperations {
  readonly #client: VolumeClient;
  readonly #endpoint: string | undefined;

  /** @param endpoint where uploads go, `HOST` or `HOST:PORT`; unless given, where a request for credentials went to */
  constructor(client: VolumeClient, endpoint: string | undefined) {
    this.#client = client;
    this.#endpoint = endpoint;
  }

  /** Makes it. @throws {StatusError} 63241 where the name is taken, 63243 where there are too many */
  async create(body: z.infer<typeof createVolumeBody>) {
    const { projectId = "", regionId = "", type = "", description = "" } = body;
    const place = { source: body.storageIntegrationId ?? "", folder: body.path ?? "" };
    const request = { name: nameOf(body), projectId, regionId, type: type.toUpperCase(), description, ...place };
    const { volumeName, stageName } = this.#shown(await this.#client.createVolume(request));
    return { volumeName, stageName };
  }

  /** One page; past the end it is empty. @param isShown whether who asks is told of a volume */
  async list(
    { projectId = "", type = "", currentPage, pageSize }: z.infer<typeof listVolumesQuery>,
    isShown: (name: string) => boolean,
  ) {
    const { status, volumes: all } = await this.#client.listVolumes({ projectId, type: type.toUpperCase() });
    checkStatus(status);
    const volumes = all.filter(({ name }) => isShown(name));
    const page = volumes.slice((currentPage - 1) * pageSize, currentPage * pageSize).map(volumeJson);
    return { count: volumes.length, currentPage, pageSize, volumes: page, stages: page };
  }

  /** @throws {StatusError} 63240 where there is none */
  async describe(name: string) {
    return this.#shown(await this.#client.describeVolume({ name }));
  }

  /** Changes what the body names, and answers the volume as it is then. @throws {StatusError} 63240 where there is none */
  async alter(name: string, { description, status }: z.infer<typeof alterVolumeBody>) {
    const change = { name, state: status?.toLowerCase() ?? "", ...(description != null && { description }) };
    return this.#shown(await this.#client.alterVolume(change));
  }

  /** @param force although jobs read it */
  async drop(name: string, force: boolean) {
    checkStatus(await this.#client.dropVolume({ name, force }));
    return { volumeName: name, stageName: name };
  }

  /**
   * Credentials for one upload, and where it goes.
   * @param host as the request names this server
   * @param user who asks, under whose name the upload goes on
   */
  async apply(body: z.infer<typeof applyVolumeBody>, host: string, user: string) {
    const grant = await this.#client.grantUpload({ name: nameOf(body), folder: body.path ?? "", user });
    checkStatus(grant.status);
    const endpoint = this.#endpoint ?? host;
    if (endpoint === "") throw new StatusError(volumeCodes.invalidKind, "the request names no host to upload to");
    // The client for Java takes a port within a URL alone, and the others take no URL.
    const isJava = String(body.options?.sdk).toLowerCase() === "java" && /:\d+$/.test(endpoint);
    return grantJson(grant, isJava ? `https://${endpoint}` : endpoint);
  }

  /** A page of what lies in a volume, with folders in the place of what they hold when the delimiter is `/`. */
  async listFiles(volumeName: string, query: z.infer<typeof listFilesQuery>) {
    const { prefix = "", delimiter, pageSize: limit, pageToken = "" } = query;
    const after = Buffer.from(pageToken, "base64url").toString();
    const page = await this.#client.listFiles({ volumeName, prefix, after, limit, byFolder: delimiter !== undefined });
    checkStatus(page.status);
    const { nextAfter, folders, files } = page;
    const next = nextAfter && { nextPageToken: Buffer.from(nextAfter).toString("base64url") };
    return { files: files.map(fileJson), folders, ...next };
  }

  /** @throws {StatusError} 63240, 63253 where there is no such volume or file; 63244 where it lies elsewhere */
  async removeFile(volumeName: string, path: string) {
    checkStatus(await this.#client.removeFile({ volumeName, path }));
    return { path };
  }

  /**
   * A link by which anybody reads or writes one file until it ends.
   * @param origin of the request @param user who asks, under whose name it is done
   */
  async presign(volumeName: string, body: z.infer<typeof presignBody>, origin: string, user: string) {
    const { path, expiresIn, maxBytes } = body;
    const method = (body.method ?? "GET").toUpperCase();
    if (method === "GET" && maxBytes != null)
      throw new StatusError(statusCodes.invalidParameter, "maxBytes is of a link that writes: say method PUT");
    const ttlMs = BigInt(expiresIn ?? LINK_S) * 1000n;
    const asked = { volumeName, path, method, ttlMs, maxBytes: BigInt(maxBytes ?? 0), user };
    const { status, ticket, expiresMs } = await this.#client.grantFile(asked);
    checkStatus(status);
    const parts = ["v2", "volumes", volumeName, "files", ...filePathOf(path).split("/")];
    const at = this.#endpoint === undefined ? origin : `https://${this.#endpoint}`;
    const url = `${at}/${parts.map(uriEncode).join("/")}?ticket=${ticket}`;
    return { url, method, expireTime: timeText(expiresMs) };
  }

  #shown({ status, volume }: volume.VolumeResponse) {
    checkStatus(status);
    return volumeJson(volume as volume.VolumeEntry);
  }
}
