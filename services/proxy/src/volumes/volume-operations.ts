import { StatusError } from "@sluice/errors";
import { type Client, checkStatus, type volume } from "@sluice/rpc";
import { volumeCodes } from "@sluice/volumes";
import type { z } from "zod";
import {
  type alterVolumeBody,
  type applyVolumeBody,
  type createVolumeBody,
  type listFilesQuery,
  type listVolumesQuery,
  nameOf,
} from "./volume-requests.ts";
import { fileJson, grantJson, volumeJson } from "./volume-views.ts";

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

  async create(body: z.infer<typeof createVolumeBody>) {
    const { projectId = "", regionId = "", type = "", description = "" } = body;
    const place = { source: body.storageIntegrationId ?? "", folder: body.path ?? "" };
    const request = { name: nameOf(body), projectId, regionId, type: type.toUpperCase(), description, ...place };
    const { volumeName, stageName } = this.#shown(await this.#client.createVolume(request));
    return { volumeName, stageName };
  }

  /** One page; past the end it is empty. */
  async list({ projectId = "", type = "", currentPage, pageSize }: z.infer<typeof listVolumesQuery>) {
    const { status, volumes } = await this.#client.listVolumes({ projectId, type: type.toUpperCase() });
    checkStatus(status);
    const page = volumes.slice((currentPage - 1) * pageSize, currentPage * pageSize).map(volumeJson);
    return { count: volumes.length, currentPage, pageSize, volumes: page, stages: page };
  }

  async describe(name: string) {
    return this.#shown(await this.#client.describeVolume({ name }));
  }

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

  async removeFile(volumeName: string, path: string) {
    checkStatus(await this.#client.removeFile({ volumeName, path }));
    return { path };
  }

  #shown({ status, volume }: volume.VolumeResponse) {
    checkStatus(status);
    return volumeJson(volume as volume.VolumeEntry);
  }
}
