import { headerOf, isPartNumber, S3Refusal, splitOnce } from "@sluice/volumes";
import { findUpload } from "../volumes/part-uploads.ts";
import type { VolumeClient } from "../volumes/volume-operations.ts";
import type { ContentWriter } from "./content-writer.ts";
import { decodedPart, jsonAnswer, payloadOf, rawRest } from "./raw-rest.ts";
import type { RawAnswer, RawRequest, VolumeService } from "./raw-service.ts";

const PART = /^\/+v2\/(?:volumes|stages)\/([^/]+)\/uploads\/([^/]+)\/parts\/([^/]+)$/;

/** Parts of uploads over REST, as they are: `/v2/volumes/NAME/uploads/ID/parts/NUMBER`. One that comes again takes the place of the one before. */
export function partService(client: VolumeClient, writer: ContentWriter): VolumeService {
  const service = rawRest({
    name: "parts",
    matches: (method, url) => method === "PUT" && PART.test(splitOnce(url, "?")[0]),
    answer: (request) => put(client, writer, request),
  });
  const volumeOf = (url: string) => decodedPart((PART.exec(splitOnce(url, "?")[0]) as RegExpExecArray)[1]);
  return { ...service, volumeOf, rightFor: () => "write" };
}

/** @throws {S3Refusal}; {StatusError} 63240, 63251 and as `ContentWriter.putPart` */
async function put(client: VolumeClient, writer: ContentWriter, request: RawRequest): Promise<RawAnswer> {
  const [, name, uploadId, number] = PART.exec(splitOnce(request.url, "?")[0]) as RegExpExecArray;
  const partNumber = /^\d{1,5}$/.test(number) ? Number(number) : 0;
  if (!isPartNumber(partNumber)) throw new S3Refusal("InvalidArgument", "a part has a number from 1 to 10000");
  const upload = await findUpload(client, decodedPart(name), uploadId);
  request.identified({ file: `${upload.volumeName}/${upload.path}` });
  const payload = payloadOf(headerOf(request.headers, "x-content-sha256"));
  const { md5, sizeBytes } = await writer.putPart({ ...upload, limits: undefined }, partNumber, {
    ...request,
    payload,
  });
  return jsonAnswer(200, { code: 0, data: { partNumber, fileSize: sizeBytes, etag: md5 } });
}
