import { randomBytes } from "node:crypto";
import {
  type RecordEntry,
  UPLOAD_PARTS,
  VOLUME_FILES,
  type VolumeContentRecord,
  type VolumeFileRecord,
  type VolumeRecord,
} from "@sluice/catalog";
import { StatusError } from "@sluice/errors";
import type { MetaTransaction } from "@sluice/metastore";
import type { volume } from "@sluice/rpc";
import { filePathOf, volumeCodes, volumeNotFound } from "@sluice/volumes";
import { OpenUploads } from "./open-uploads.ts";
import { checkWritable } from "./upload-grants.ts";
import { tooLarge, type UploadUsage, unfinished } from "./upload-usage.ts";
import type { VolumeTables } from "./volume-tables.ts";
import type { Volumes } from "./volumes.ts";

/** What uploads need; `now` is in Unix milliseconds, `maxFiles` of a volume. */
export interface VolumeUploadsDeps {
  readonly volumes: Volumes;
  readonly usage: UploadUsage;
  readonly now: () => number;
  /** Bytes of all files of a volume; 0: no limit. */
  readonly capacityBytes: number;
  readonly maxFiles: number;
}

/** What a size is compared with. */
interface UploadPlace {
  readonly record: VolumeRecord;
  readonly contentId: string;
  readonly limits: volume.UploadLimits | undefined;
  /** The file that is replaced. */
  readonly before: VolumeFileRecord | undefined;
}

/** What a file is published from. */
interface Publication {
  readonly entry: RecordEntry<VolumeRecord>;
  readonly content: RecordEntry<VolumeContentRecord>;
  /** The file that had the path. */
  readonly before: RecordEntry<VolumeFileRecord> | undefined;
}

/**
 * Uploads, from their beginning to the file that they become.
 *
 * V2. A content has a record before its first byte is written, so that whatever a dead gateway leaves belongs to one.
 * V3. A path leads to a whole content, or to the one before it: publishing is one transaction, which counts the file too.
 */
export class VolumeUploads {
  readonly #deps: VolumeUploadsDeps;
  readonly #tables: VolumeTables;
  readonly #open: OpenUploads;

  constructor(deps: VolumeUploadsDeps, tables: VolumeTables) {
    this.#deps = deps;
    this.#tables = tables;
    this.#open = new OpenUploads((volumeId) => recordsOf(tables.contents.scan([volumeId])));
  }

  /** @throws {StatusError} 63240, 63244, 63245, 63247, 63248 */
  async begin(request: volume.BeginContentRequest): Promise<VolumeContentRecord> {
    const { contents } = this.#tables;
    const path = filePathOf(request.path);
    const contentId = randomBytes(16).toString("hex");
    const { inParts, limits } = request;
    const partBytes = Number(request.sizeBytes);
    const begun = this.#deps.volumes.change(async () => {
      const { record } = await this.#writable(request.volumeName, request.volumeId);
      const { volumeId } = record;
      const before = await this.#tables.file(volumeId, path);
      await this.#open.know(volumeId);
      this.#checkSizes({ record, contentId, limits, before: before?.record }, partBytes);
      this.#open.hold(contentId, { volumeId, volumeName: record.name, limits, bytes: partBytes });
      const state = { state: "uploading" as const, sinceMs: this.#deps.now(), inParts };
      const content = { volumeId, contentId, path, ...state, ...(partBytes > 0 && { partBytes }) };
      const id = [volumeId, contentId] as const;
      return { transaction: { guards: [contents.absent(id)], writes: [contents.write(content)] }, result: content };
    });
    begun.catch(() => this.#open.release(contentId));
    return begun;
  }

  /** Whether a part may come, beside those that have. @throws {StatusError} as `begin`, and 63251 */
  async checkPart({ volumeName, volumeId, contentId, ...part }: volume.CheckPartRequest): Promise<void> {
    const { record } = await this.#writable(volumeName, volumeId);
    const { path, partBytes = 0 } = (await this.#uploading(volumeId, contentId)).record;
    if (path !== filePathOf(part.path)) throw uploadNotFound();
    const { partNumber, limits } = part;
    const earlier = await this.#tables.parts.get([volumeId, contentId, partNumber]);
    const before = (await this.#tables.file(volumeId, path))?.record;
    await this.#open.know(volumeId);
    const bytes = partBytes + Number(part.sizeBytes) - (earlier?.record.sizeBytes ?? 0);
    this.#checkSizes({ record, contentId, limits, before }, bytes);
    this.#open.hold(contentId, { volumeId, volumeName, limits, bytes: partBytes });
  }

  /**
   * The bytes of a part that had the number before go with the content.
   * @throws {StatusError} 63251; 63248 where other parts, or uploads, have taken the room since it was asked whether this one may come
   */
  async savePart({ volumeId, contentId, part }: volume.SavePartRequest): Promise<void> {
    const { parts, contents } = this.#tables;
    const { partNumber, partId, sizeBytes, md5 } = part as volume.UploadPart;
    const record = { volumeId, contentId, partNumber, partId, md5, sizeBytes: Number(sizeBytes) };
    const bytes = await this.#deps.volumes.change(async () => {
      const content = await this.#uploading(volumeId, contentId);
      const before = await parts.get([volumeId, contentId, partNumber]);
      const guards = [contents.guard(content), before ? parts.guard(before) : parts.absent(UPLOAD_PARTS.idOf(record))];
      const { partBytes = 0 } = content.record;
      const next = { ...content.record, partBytes: partBytes + record.sizeBytes - (before?.record.sizeBytes ?? 0) };
      await this.#checkStillFits(contentId, next);
      return { transaction: { guards, writes: [parts.write(record), contents.write(next)] }, result: next.partBytes };
    });
    const upload = this.#open.get(contentId);
    if (upload) this.#open.hold(contentId, { ...upload, bytes });
  }

  async #checkStillFits(contentId: string, { volumeId, path, partBytes = 0 }: VolumeContentRecord): Promise<void> {
    const { volumeName, limits } = this.#open.get(contentId) ?? {};
    if (volumeName === undefined) return;
    const { record } = await this.#writable(volumeName, volumeId);
    const before = (await this.#tables.file(volumeId, path))?.record;
    this.#checkSizes({ record, contentId, limits, before }, partBytes);
  }

  /** The path of an upload, and what has come of it; undefined when there is none. */
  async partsOf({ volumeId, contentId }: volume.ContentRef) {
    const content = (await this.#tables.contents.get([volumeId, contentId]))?.record;
    // What was published is told too: the answer to that may have been lost.
    if (!content || content.state === "removed") return undefined;
    const parts = await Array.fromAsync(this.#tables.parts.scan([volumeId, contentId]), ({ record }) => record);
    return { path: content.path, parts: parts.sort((a, b) => a.partNumber - b.partNumber) };
  }

  /** V3. May be said again. @throws {StatusError} as `begin`; 63251; 63252 where a file has the path and none should */
  async publish(request: volume.PublishContentRequest): Promise<void> {
    const { volumeId, contentId, limits } = request;
    const isNew = await this.#deps.volumes.change(async () => {
      const entry = await this.#writable(request.volumeName, volumeId);
      const content = await this.#tables.contents.get([volumeId, contentId]);
      if (content?.record.state !== "uploading") return this.#publishedBefore(request);
      const before = await this.#tables.file(volumeId, content.record.path);
      await this.#open.know(volumeId);
      this.#checkFile(request, entry.record, before?.record);
      return { transaction: this.#publication(request, { entry, content, before }), result: true };
    });
    if (isNew) this.#deps.usage.add(limits, Number(request.sizeBytes));
    this.#open.release(contentId);
  }

  /** The answer to the first time may have been lost. @throws {StatusError} 63251 when there was none */
  async #publishedBefore({ volumeId, contentId, path, etag }: volume.PublishContentRequest) {
    const file = (await this.#tables.file(volumeId, path))?.record;
    if (file?.contentId !== contentId || file.etag !== etag) throw uploadNotFound();
    return { result: false };
  }

  #checkFile(request: volume.PublishContentRequest, record: VolumeRecord, before: VolumeFileRecord | undefined): void {
    if (before && request.ifAbsent)
      throw new StatusError(volumeCodes.fileExists, "there is a file of this path already");
    const { contentId, limits } = request;
    this.#checkSizes({ record, contentId, limits, before }, Number(request.sizeBytes));
  }

  /** The file, the count of its volume, and what becomes of its content and of the one that it takes the place of. */
  #publication(request: volume.PublishContentRequest, { entry, content, before }: Publication): MetaTransaction {
    const { volumeId, contentId, etag } = request;
    const { files, contents } = this.#tables;
    const { table } = this.#deps.volumes;
    const { path, inParts } = content.record;
    const now = this.#deps.now();
    const sizeBytes = Number(request.sizeBytes);
    const file = { volumeId, path, contentId, sizeBytes, etag, modifiedMs: now };
    // Parts are forgotten in the background.
    const published = { ...content.record, state: "published" as const, sinceMs: now };
    const writes = [
      table.write(counted(entry.record, before ? 0 : 1, sizeBytes - (before?.record.sizeBytes ?? 0), now)),
      files.write(file),
      inParts ? contents.write(published) : contents.remove([volumeId, contentId]),
      ...(before ? [contents.write(removedContent(before.record, now))] : []),
    ];
    const fileGuard = before ? files.guard(before) : files.absent(VOLUME_FILES.idOf(file));
    return { guards: [table.guard(entry), contents.guard(content), fileGuard], writes };
  }

  /** What was written of it goes in the background. May be said again, and too late. */
  async drop({ volumeId, contentId }: volume.ContentRef): Promise<void> {
    const { contents } = this.#tables;
    await this.#deps.volumes.change(async () => {
      const content = await contents.get([volumeId, contentId]);
      if (content?.record.state !== "uploading") return { result: undefined };
      const next = { ...content.record, state: "removed" as const, sinceMs: this.#deps.now() };
      return { transaction: { guards: [contents.guard(content)], writes: [contents.write(next)] }, result: undefined };
    });
    this.#open.release(contentId);
  }

  /** Of a volume that was dropped nothing goes on. */
  forget(volumeId: string): void {
    this.#open.forget(volumeId);
  }

  async #writable(name: string, volumeId: string): Promise<RecordEntry<VolumeRecord>> {
    const entry = await this.#deps.volumes.find(name);
    if (volumeId !== "" && entry.record.volumeId !== volumeId) throw volumeNotFound(name);
    checkWritable(entry.record);
    return entry;
  }

  async #uploading(volumeId: string, contentId: string): Promise<RecordEntry<VolumeContentRecord>> {
    const content = await this.#tables.contents.get([volumeId, contentId]);
    if (content?.record.state !== "uploading") throw uploadNotFound();
    return content;
  }

  /** Whether an upload of so many bytes fits, beside the files that there are and the other uploads. @throws {StatusError} 63248 */
  #checkSizes({ record, contentId, limits, before }: UploadPlace, sizeBytes: number): void {
    const { usage, capacityBytes, maxFiles } = this.#deps;
    if (limits) usage.check(limits, sizeBytes, this.#open.besidesOfToken(limits, contentId));
    const { name, fileCount } = record;
    const others = this.#open.besidesInVolume(record.volumeId, contentId);
    const totalBytes = record.totalBytes + others.bytes + sizeBytes - (before?.sizeBytes ?? 0);
    if (capacityBytes > 0 && totalBytes > capacityBytes)
      throw tooLarge(
        `the volume "${name}" would hold ${totalBytes} bytes${unfinished(others)}, more than ${capacityBytes} (setting volume-capacity)`,
      );
    if (!before && fileCount + 1 > maxFiles)
      throw tooLarge(
        `the volume "${name}" holds ${fileCount} files, and may hold ${maxFiles} (setting volume-max-files)`,
      );
  }
}

async function* recordsOf<T>(entries: AsyncIterable<RecordEntry<T>>): AsyncGenerator<T> {
  for await (const { record } of entries) yield record;
}

/** A volume with so many more files and bytes. */
export function counted(record: VolumeRecord, files: number, bytes: number, now: number): VolumeRecord {
  const { fileCount, totalBytes } = record;
  return { ...record, fileCount: fileCount + files, totalBytes: totalBytes + bytes, writtenMs: now };
}

/** The content that a file has led to. */
export function removedContent({ volumeId, contentId, path }: VolumeFileRecord, now: number): VolumeContentRecord {
  return { volumeId, contentId, path, state: "removed", sinceMs: now, inParts: true };
}

function uploadNotFound(): StatusError {
  return new StatusError(
    volumeCodes.uploadNotFound,
    "there is no such upload: it was finished, given up, or never begun",
  );
}
