import type { VolumeFileRecord, VolumeRecord } from "@sluice/catalog";
import { StatusError } from "@sluice/errors";
import type { volume } from "@sluice/rpc";
import { checkPageAfter, filePathOf, volumeCodes } from "@sluice/volumes";
import { checkWritable } from "./upload-grants.ts";
import type { VolumeTables } from "./volume-tables.ts";
import { counted, removedContent } from "./volume-uploads.ts";
import type { Volumes } from "./volumes.ts";

/** Files of one page of a listing. */
const MAX_PAGE = 1000;
/** Behind whatever a folder holds. */
const LAST = "\u{10ffff}";

/** A path, or the beginning of one, up to and with its last `/`. */
export function folderOfPath(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** A page of what is in a volume. */
export interface FilePage {
  readonly files: readonly VolumeFileRecord[];
  /** Ending in `/`; only when files are told by folder. */
  readonly folders: readonly string[];
  /** "" when it was the last. */
  readonly nextAfter: string;
}

/** The files of volumes that users see. */
export class VolumeFiles {
  readonly #volumes: Volumes;
  readonly #tables: VolumeTables;
  readonly #now: () => number;

  constructor(volumes: Volumes, tables: VolumeTables, now: () => number) {
    this.#volumes = volumes;
    this.#tables = tables;
    this.#now = now;
  }

  /** @throws {StatusError} 63240, 63244, 63247 */
  async find({ volumeName, path }: volume.FileRef): Promise<VolumeFileRecord | undefined> {
    const { volumeId } = await this.#managed(volumeName);
    return (await this.#tables.file(volumeId, filePathOf(path)))?.record;
  }

  /** In the byte order of paths. @throws {StatusError} 63240, 63244 */
  async list({ volumeName, prefix, after, limit, byFolder }: volume.ListFilesRequest): Promise<FilePage> {
    checkPageAfter(after);
    const { volumeId } = await this.#managed(volumeName);
    const size = Math.min(limit || MAX_PAGE, MAX_PAGE);
    const files: VolumeFileRecord[] = [];
    const folders: string[] = [];
    let last = after;
    for (let isMore = true; isMore; ) {
      isMore = false;
      for await (const file of this.#scan(volumeId, prefix, last)) {
        if (files.length + folders.length === size) return { files, folders, nextAfter: last };
        const slash = byFolder ? file.path.indexOf("/", prefix.length) : -1;
        if (slash < 0) {
          files.push(file);
          last = file.path;
          continue;
        }
        last = file.path.slice(0, slash + 1);
        folders.push(last);
        isMore = true; // All that lies there is passed over.
        break;
      }
    }
    return { files, folders, nextAfter: "" };
  }

  /** One whose files have records. @throws {StatusError} 63240; 63244 for an external one, which would seem to have none */
  async #managed(name: string): Promise<VolumeRecord> {
    const { record } = await this.#volumes.find(name);
    if (record.type !== "EXTERNAL") return record;
    const cure = "look there, or let inspect say what they hold";
    const reason = `the volume "${name}" is external: its files are those of the source "${record.source}", below "${record.folder ?? ""}"; ${cure}`;
    throw new StatusError(volumeCodes.invalidKind, reason);
  }

  /** Files whose path begins with `prefix`, in the byte order of paths. @param after a path, or a folder with all that it holds */
  async *#scan(volumeId: string, prefix: string, after: string): AsyncGenerator<VolumeFileRecord> {
    const folders = folderOfPath(prefix).split("/").slice(0, -1);
    const passed = after.endsWith("/") ? after + LAST : after;
    const from = passed === "" ? undefined : [volumeId, ...passed.split("/")];
    for await (const { record } of this.#tables.files.scan([volumeId, ...folders], from)) {
      if (record.path.startsWith(prefix)) yield record;
      else if (Buffer.compare(Buffer.from(record.path), Buffer.from(prefix)) > 0) return;
    }
  }

  /** All of them. @throws {StatusError} 63240 */
  async *all(volumeName: string, prefix: string): AsyncGenerator<VolumeFileRecord> {
    const { volumeId } = (await this.#volumes.find(volumeName)).record;
    yield* this.#scan(volumeId, prefix, "");
  }

  /** @throws {StatusError} 63240, 63244, 63247, 63253 */
  async remove({ volumeName, path }: volume.FileRef): Promise<void> {
    const { table } = this.#volumes;
    const { files, contents } = this.#tables;
    await this.#volumes.change(async () => {
      const entry = await this.#volumes.find(volumeName);
      checkWritable(entry.record);
      const file = await this.#tables.file(entry.record.volumeId, filePathOf(path));
      if (!file)
        throw new StatusError(volumeCodes.fileNotFound, `there is no file of this path in the volume "${volumeName}"`);
      const now = this.#now();
      const writes = [
        table.write(counted(entry.record, -1, -file.record.sizeBytes, now)),
        files.remove([file.record.volumeId, ...file.record.path.split("/")]),
        contents.write(removedContent(file.record, now)),
      ];
      return { transaction: { guards: [table.guard(entry), files.guard(file)], writes }, result: undefined };
    });
  }
}
