import type { VolumeFileRecord } from "@sluice/catalog";
import { ImportError, StatusError } from "@sluice/errors";
import { mergeCodes } from "@sluice/jobs";
import {
  ConfinedRefused,
  contentKey,
  coversByText,
  type FoundFile,
  type ListedFile,
  type ListOptions,
  refuseFolder,
  VOLUME_SOURCE,
  type VolumeIndex,
} from "@sluice/object-store";
import { type CloudIds, checkVolumeRegion, filePathOf, refusedVolume } from "@sluice/volumes";
import type { SourceScope } from "../jobs/job-sources.ts";
import { folderOfPath, type VolumeFiles } from "./volume-files.ts";
import type { Volumes } from "./volumes.ts";

const SCHEME = `${VOLUME_SOURCE}://`;

/** Files as requests name them. */
interface RequestedPaths {
  readonly files?: readonly string[];
  readonly fileGroups: readonly { readonly paths: readonly string[] }[];
  /** What may be read. */
  readonly scope?: SourceScope | undefined;
}

/** Whether all that a request names lies in volumes. */
export function isOfVolumes({ files = [], fileGroups }: RequestedPaths): boolean {
  const paths = [...files, ...fileGroups.flatMap((group) => group.paths)];
  return paths.length > 0 && paths.every((path) => path.toLowerCase().startsWith(SCHEME));
}

/** What is said of volumes that have no such files. @throws {StatusError} 63270; else the error */
export function noFilesOfVolume(error: unknown): never {
  if (!(error instanceof ImportError) || error.code !== "file_not_found") throw error;
  throw new StatusError(mergeCodes.noFiles, error.message, { cause: error });
}

/** What paths of imports mean that name a volume: `volume://NAME/path`. */
export class VolumePaths implements VolumeIndex {
  readonly #volumes: Volumes;
  readonly #files: VolumeFiles;
  readonly #cloudIds: CloudIds | undefined;

  constructor(volumes: Volumes, files: VolumeFiles, cloudIds?: CloudIds) {
    this.#volumes = volumes;
    this.#files = files;
    this.#cloudIds = cloudIds;
  }

  /**
   * The same files; those of external volumes by their paths in the source.
   * @throws {StatusError} 63240, 63247, 63249, 63250
   * @throws {ConfinedRefused} for a volume that lies in no scope, whether there is one of this name or not; where all is open but volumes,
   *   it is 63240
   */
  async located<T extends RequestedPaths>(request: T): Promise<T> {
    for (const path of [...(request.files ?? []), ...request.fileGroups.flatMap(({ paths }) => paths)])
      if (request.scope) checkVolume(path, request.scope);
    const locate = (paths: readonly string[]) => Promise.all(paths.map((path) => this.#locate(path)));
    const groups = request.fileGroups.map(async ({ paths }) => ({ paths: await locate(paths) }));
    return {
      ...request,
      fileGroups: await Promise.all(groups),
      ...(request.files && { files: await locate(request.files) }),
      ...(request.scope && { scope: { ...request.scope, prefixes: await this.#locateKnown(request.scope.prefixes) } }),
    };
  }

  /** Without those of volumes that there are not: they open nothing. */
  async #locateKnown(prefixes: readonly string[]): Promise<string[]> {
    const all = prefixes.includes(SCHEME) ? await this.#volumes.list({ projectId: "", type: "EXTERNAL" }) : [];
    const named = [...prefixes.filter((prefix) => prefix !== SCHEME), ...all.map(({ name }) => `${SCHEME}${name}/`)];
    const located = await Promise.all(named.map((prefix) => this.#locate(prefix).catch(unlessUnknown)));
    return [...located.filter((prefix) => prefix !== undefined), ...prefixes.filter((prefix) => prefix === SCHEME)];
  }

  async #locate(path: string): Promise<string> {
    if (!isOfVolume(path)) return path;
    const { name, rest } = split(path.slice(SCHEME.length));
    const { record } = await this.#volumes.find(name);
    if (this.#cloudIds) checkVolumeRegion(record, this.#cloudIds);
    const { source, folder = "" } = record;
    return source === undefined ? `${SCHEME}${name}/${rest}` : `${source}://${folder}${rest}`;
  }

  async find(path: string): Promise<FoundFile | undefined> {
    const { name, rest } = split(path);
    const file = await this.#files.find({ volumeName: name, path: rest });
    if (file) return foundFile(file);
    for await (const _ of this.#files.all(name, `${filePathOf(rest)}/`)) throw refuseFolder(path);
    return undefined;
  }

  async *list(prefix: string, { deep = true, accepts }: ListOptions): AsyncGenerator<ListedFile> {
    const { name, rest } = split(prefix);
    const folder = folderOfPath(rest);
    for await (const file of this.#files.all(name, rest)) {
      const below = file.path.slice(folder.length);
      const isWanted = (deep || !file.path.slice(rest.length).includes("/")) && accepts?.(below) !== false;
      if (isWanted) yield { ...foundFile(file), below };
    }
  }
}

function isOfVolume(path: string): boolean {
  return path.toLowerCase().startsWith(SCHEME);
}

/** By what is written, before the volume is looked for: where an external one lies is nobody's business either. */
function checkVolume(path: string, { prefixes, beyondVolumes, writtenVolumes = [] }: SourceScope): void {
  if (!isOfVolume(path)) return;
  const volumes = prefixes.filter(isOfVolume).map((prefix) => prefix.slice(SCHEME.length));
  const isCovered = volumes.some((folder) => coversByText(folder, path.slice(SCHEME.length)));
  if (isCovered) return;
  if (!beyondVolumes) throw new ConfinedRefused(path, prefixes);
  throw refusedVolume(split(path.slice(SCHEME.length)).name, writtenVolumes, "use");
}

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof StatusError)) throw error;
}

function foundFile({ volumeId, contentId, sizeBytes, etag }: VolumeFileRecord): FoundFile {
  return { key: contentKey(volumeId, contentId), sizeBytes, version: etag };
}

/** `NAME/path`; slashes at the front of the path or doubled mean nothing. @throws {StatusError} 63247 */
function split(text: string): { readonly name: string; readonly rest: string } {
  const [name] = text.split("/", 1);
  const rest = text
    .slice(name.length)
    .replace(/\/{2,}/g, "/")
    .replace(/^\//, "");
  // Refuses what leads out of the volume; a prefix may end anywhere.
  if (rest !== "") filePathOf(rest.endsWith("/") ? `${rest}x` : rest);
  return { name, rest };
}
