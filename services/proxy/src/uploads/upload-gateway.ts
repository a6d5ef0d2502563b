import { checkStatus, okStatus } from "@sluice/rpc";
import { BodyChecks, isPartNumber, parsePartList, S3Refusal, splitOnce } from "@sluice/volumes";
import { chosenParts } from "../volumes/part-uploads.ts";
import type { VolumeClient } from "../volumes/volume-operations.ts";
import { prefixOfVolume, UPLOAD_BUCKET } from "../volumes/volume-views.ts";
import { type Content, type ContentWriter, type IncomingBody, ifAbsentOf, lengthOf } from "./content-writer.ts";
import type { RawRequest } from "./raw-service.ts";
import {
  begunAnswer,
  completedAnswer,
  listingAnswer,
  locationAnswer,
  pathOfToken,
  type S3Answer,
  stored,
} from "./s3-answers.ts";
import type { S3Request } from "./s3-request.ts";
import { refuseEncryption, refuseOtherPuts } from "./unserved-puts.ts";
import { accessOf, pathOfKey, prefixOfListing, type UploadAccess } from "./upload-access.ts";

/** Greatest list of parts: 10,000 of them, each with checksums. */
const MAX_LIST_BYTES = 4 << 20;

/**
 * The subset of S3 that uploaders of released clients speak, over volumes. Bytes go to the store as they come.
 */
export class UploadGateway {
  readonly #client: VolumeClient;
  readonly #writer: ContentWriter;

  constructor(client: VolumeClient, writer: ContentWriter) {
    this.#client = client;
    this.#writer = writer;
  }

  /** @throws {S3Refusal}; {StatusError} or {ImportError} of the rootcoord or the store */
  async answer(request: S3Request): Promise<S3Answer> {
    const { method, key, query } = request;
    if (key === undefined) return this.#ofBucket(request);
    if (query.has("uploadId")) return this.#ofUpload(request, key, query.get("uploadId") as string);
    if (method === "POST" && query.has("uploads")) return this.#begin(request, key);
    if (method === "PUT") return this.#put(request, key);
    if (method === "HEAD") return this.#head(request, key);
    await accessOf(this.#client, request);
    throw new S3Refusal("AccessDenied", "credentials for uploads write files, and neither read nor delete them");
  }

  /** A request for another bucket, or for the list of them. @throws {S3Refusal} */
  async refuseElsewhere(request: RawRequest): Promise<never> {
    await accessOf(this.#client, { ...request, key: undefined, query: new Map() });
    const [path] = splitOnce(request.url, "?");
    if (path === "/") throw new S3Refusal("AccessDenied", `buckets are not listed: there is "${UPLOAD_BUCKET}" alone`);
    const cure = `the only one is "${UPLOAD_BUCKET}", which stands in the path of the URL (path style)`;
    throw new S3Refusal("NoSuchBucket", `there is no such bucket: ${cure}`);
  }

  async #ofBucket(request: S3Request): Promise<S3Answer> {
    const { method, query } = request;
    const access = await accessOf(this.#client, request);
    if (method === "HEAD") return { status: 200 };
    if (method === "GET" && query.has("location")) return locationAnswer();
    if (method === "GET" && query.get("list-type") === "2") return this.#list(access, query);
    throw new S3Refusal(
      "AccessDenied",
      "of the bucket its location and listings (list-type=2) are told, and nothing else",
    );
  }

  async #list(access: UploadAccess, query: ReadonlyMap<string, string>): Promise<S3Answer> {
    const { volumeName, volumeId } = access.grant;
    const delimiter = query.get("delimiter") ?? "";
    if (delimiter !== "" && delimiter !== "/")
      throw new S3Refusal("NotImplemented", 'the delimiter of a listing is "/"');
    const [prefix = "", continuationToken = ""] = [query.get("prefix"), query.get("continuation-token")];
    const maxKeys = maxKeysOf(query.get("max-keys") ?? "");
    const startAfter = (query.get("start-after") ?? "").slice(prefixOfVolume(volumeId).length);
    const asked = {
      volumeName,
      prefix: prefixOfListing(access, prefix),
      after: continuationToken ? pathOfToken(continuationToken) : startAfter,
      limit: maxKeys,
      byFolder: delimiter !== "",
    };
    const page = maxKeys === 0 ? noFiles : await this.#client.listFiles(asked);
    checkStatus(page.status);
    const isEncoded = query.get("encoding-type") === "url";
    const listing = { bucket: UPLOAD_BUCKET, prefix, delimiter, maxKeys, isEncoded, continuationToken };
    return listingAnswer(listing, page, prefixOfVolume(volumeId));
  }

  async #head(request: S3Request, key: string): Promise<S3Answer> {
    const access = await accessOf(this.#client, request);
    const { volumeName } = access.grant;
    const { status, file } = await this.#client.describeFile({ volumeName, path: pathOfKey(access, key) });
    checkStatus(status);
    if (!file) throw new S3Refusal("NoSuchKey", "there is no such file");
    const modified = new Date(Number(file.modifiedMs)).toUTCString();
    const headers = { etag: `"${file.etag}"`, "content-length": String(file.sizeBytes), "last-modified": modified };
    return { status: 200, headers };
  }

  async #put(request: S3Request, key: string): Promise<S3Answer> {
    const access = await accessOf(this.#client, request);
    refuseOtherPuts(request);
    const { volumeName, volumeId } = access.grant;
    const ifAbsent = ifAbsentOf(request.headers);
    const file = { volumeName, volumeId, path: pathOfKey(access, key), limits: access.limits, ifAbsent };
    return stored(await this.#writer.put(file, incomingOf(request, access)));
  }

  async #begin(request: S3Request, key: string): Promise<S3Answer> {
    const access = await accessOf(this.#client, request);
    refuseEncryption(request.headers);
    const { volumeName, volumeId } = access.grant;
    const about = {
      volumeName,
      volumeId,
      path: pathOfKey(access, key),
      sizeBytes: 0n,
      inParts: true,
      limits: access.limits,
    };
    const { status, contentId } = await this.#client.beginContent(about);
    checkStatus(status);
    return begunAnswer(UPLOAD_BUCKET, key, contentId);
  }

  async #ofUpload(request: S3Request, key: string, contentId: string): Promise<S3Answer> {
    const access = await accessOf(this.#client, request, { isLate: true });
    const path = pathOfKey(access, key);
    const content = { volumeId: access.grant.volumeId, contentId };
    if (!/^[0-9a-f]{32}$/.test(contentId)) throw new S3Refusal("NoSuchUpload", "there is no such upload");
    if (request.method === "PUT") return this.#putPart(request, access, content, path);
    if (request.method === "POST") return this.#complete(request, access, content, path, key);
    if (request.method !== "DELETE")
      throw new S3Refusal("NotImplemented", "the parts of an upload are not listed here");
    const { path: found } = await this.#client.listParts(content);
    if (found === path) checkStatus(await this.#client.dropContent(content));
    return { status: 204 };
  }

  async #putPart(request: S3Request, access: UploadAccess, content: Content, path: string): Promise<S3Answer> {
    const partNumber = Number(request.query.get("partNumber"));
    if (!isPartNumber(partNumber)) throw new S3Refusal("InvalidArgument", "partNumber is a number from 1 to 10000");
    const upload = { volumeName: access.grant.volumeName, ...content, path, limits: access.limits };
    const { md5 } = await this.#writer.putPart(upload, partNumber, incomingOf(request, access));
    return stored(md5);
  }

  async #complete(request: S3Request, access: UploadAccess, content: Content, path: string, key: string) {
    const named = parsePartList(await listOf(request, access));
    const { status, path: found, parts } = await this.#client.listParts(content);
    checkStatus(status);
    if (found !== path)
      throw new S3Refusal("NoSuchUpload", "there is no such upload: it was finished, given up, or never begun");
    const ifAbsent = ifAbsentOf(request.headers);
    const upload = { volumeName: access.grant.volumeName, ...content, path, limits: access.limits, ifAbsent };
    const { etag } = await this.#writer.publishParts(upload, chosenParts(named, parts));
    return completedAnswer(UPLOAD_BUCKET, key, etag);
  }
}

const noFiles = { status: okStatus(), files: [], folders: [], nextAfter: "" };

/** Of one page. @throws {S3Refusal} */
function maxKeysOf(text: string): number {
  if (!/^\d{0,10}$/.test(text)) throw new S3Refusal("InvalidArgument", "max-keys is a number from 0 on");
  return Math.min(1000, text === "" ? 1000 : Number(text));
}

function incomingOf(request: S3Request, { payload, signature, grant }: UploadAccess): IncomingBody {
  const signing = signature && { signature, secretAccessKey: grant.secretAccessKey };
  return { ...request, payload, signing };
}

/**
 * A list of parts, as its request says that it is. Checksums beside it are those of the file, and of no body.
 * @throws {S3Refusal} for another one, or for a document that no list of parts is as long as
 */
async function listOf({ headers, body, goOn }: S3Request, { payload }: UploadAccess): Promise<string> {
  const bytes = lengthOf(headers);
  if (bytes > MAX_LIST_BYTES)
    throw new S3Refusal("MalformedXML", `the list of parts has more than ${MAX_LIST_BYTES} bytes`);
  const checks = new BodyChecks({ "content-md5": headers["content-md5"] }, payload, bytes);
  goOn();
  const text = Buffer.concat(await Array.fromAsync(checks.pass(body))).toString();
  checks.finish(new Map());
  return text;
}
