import { Readable } from "node:stream";
import { StatusError } from "@sluice/errors";
import { openContent } from "@sluice/object-store";
import { checkStatus, type volume } from "@sluice/rpc";
import { filePathOf, headerOf, splitOnce, volumeCodes } from "@sluice/volumes";
import type { VolumeClient } from "../volumes/volume-operations.ts";
import { fileJson } from "../volumes/volume-views.ts";
import { type ContentWriter, ifAbsentOf } from "./content-writer.ts";
import { decodedPart, jsonAnswer, payloadOf, rawRest } from "./raw-rest.ts";
import type { RawAnswer, RawRequest, VolumeService } from "./raw-service.ts";

const FILE = /^\/+v2\/(?:volumes|stages)\/([^/]+)\/files\/(.+)$/;
const METHODS: readonly string[] = ["GET", "HEAD", "PUT"];

/** Files of volumes over REST, whole, as they are: `/v2/volumes/NAME/files/PATH`. */
export function fileService(client: VolumeClient, writer: ContentWriter): VolumeService {
  const service = rawRest({
    name: "files",
    matches: (method, url) => METHODS.includes(method) && FILE.test(splitOnce(url, "?")[0]),
    answer: (request) => {
      const { volumeName, path } = fileOfRequest(request);
      request.identified({ file: `${volumeName}/${path}` });
      return request.method === "PUT" ? put(client, writer, request) : get(client, writer, request);
    },
  });
  const volumeOf = (url: string) => decodedPart((FILE.exec(splitOnce(url, "?")[0]) as RegExpExecArray)[1]);
  return { ...service, volumeOf, rightFor: (method) => (method === "PUT" ? "write" : "read") };
}

/** @throws {S3Refusal} for a path that is not percent-encoded UTF-8; {StatusError} 63247 */
export function fileOfRequest({ url }: Pick<RawRequest, "url">): {
  readonly volumeName: string;
  readonly path: string;
} {
  const [, name, path] = FILE.exec(splitOnce(url, "?")[0]) as RegExpExecArray;
  return { volumeName: decodedPart(name), path: filePathOf(decodedPart(path)) };
}

async function put(client: VolumeClient, writer: ContentWriter, request: RawRequest): Promise<RawAnswer> {
  const { volumeName, path } = fileOfRequest(request);
  const { headers } = request;
  const ifAbsent = ifAbsentOf(headers);
  const payload = payloadOf(headerOf(headers, "x-content-sha256"));
  const file = { volumeName, volumeId: "", path, limits: undefined, ifAbsent };
  await writer.put(file, { ...request, payload });
  return jsonAnswer(200, { code: 0, data: fileJson(await describe(client, volumeName, path)) });
}

async function get(client: VolumeClient, writer: ContentWriter, request: RawRequest): Promise<RawAnswer> {
  const { volumeName, path } = fileOfRequest(request);
  const { key, sizeBytes: size, etag, modifiedMs } = await describe(client, volumeName, path);
  const sizeBytes = Number(size);
  const range = rangeOf(headerOf(request.headers, "range"), sizeBytes);
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag: `"${etag}"`,
    "last-modified": new Date(Number(modifiedMs)).toUTCString(),
    "content-length": String(range.end - range.start),
    ...(range.isPart && { "content-range": `bytes ${range.start}-${range.end - 1}/${sizeBytes}` }),
  };
  const status = range.isPart ? 206 : 200;
  if (request.method === "HEAD") return { status, headers };
  const file = await openContent(writer.store, { path, key, sizeBytes, version: etag });
  return { status, headers, body: Readable.from(file.read(range, request.signal)) };
}

async function describe(client: VolumeClient, volumeName: string, path: string): Promise<volume.FileEntry> {
  const { status, file } = await client.describeFile({ volumeName, path });
  checkStatus(status);
  if (file) return file;
  throw new StatusError(volumeCodes.fileNotFound, `there is no file of this path in the volume "${volumeName}"`);
}

/** Of the one range that a request asks for; of any other form all bytes. @throws {StatusError} for one that holds no byte */
function rangeOf(header: string, sizeBytes: number): { start: number; end: number; isPart: boolean } {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? [];
  if (first === "" && last === "") return { start: 0, end: sizeBytes, isPart: false };
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (start >= end) throw new StatusError(416, `the file has ${sizeBytes} bytes, and none in the range`);
  return { start, end, isPart: true };
}
