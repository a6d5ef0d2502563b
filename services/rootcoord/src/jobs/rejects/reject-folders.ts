import { excerpt, ImportError } from "@sluice/errors";
import type { ImportSpec } from "@sluice/jobs";
import { VOLUME_SOURCE } from "@sluice/object-store";
import { folderPathOf, refusedVolume } from "@sluice/volumes";
import type { OpenVolumes } from "../../volumes/open-volumes.ts";
import type { SourceScope } from "../job-sources.ts";

const PATH = new RegExp(`^${VOLUME_SOURCE}://([^/]+)(?:/(.*))?$`, "is");

/** What of the folder of an import's rejected rows can be checked before the import begins. */
export class RejectFolders {
  readonly #volumes: Pick<OpenVolumes, "writable">;

  constructor(volumes: Pick<OpenVolumes, "writable">) {
    this.#volumes = volumes;
  }

  /**
   * What the spec of a job is to say of it; nothing for one without.
   * @param scope what the caller may read and write; everything unless given
   * @throws {ImportError} `request_invalid` for a path of no volume
   * @throws {StatusError} 63240, 63244, 63245, 63247, 63249
   */
  async folderOf(
    { rejectPath }: Pick<ImportSpec, "rejectPath">,
    scope?: SourceScope,
  ): Promise<Pick<ImportSpec, "rejectsFolder">> {
    if (rejectPath === undefined) return {};
    const [, volumeName, rest = ""] = PATH.exec(rejectPath) ?? [];
    if (volumeName === undefined) throw noVolume(rejectPath);
    if (scope) checkMayWrite(volumeName, scope);
    const folder = folderPathOf(rest);
    const { volumeId } = await this.#volumes.writable(volumeName);
    return { rejectsFolder: { volumeName, volumeId, folder } };
  }
}

function checkMayWrite(name: string, { prefixes, writtenVolumes = [] }: SourceScope): void {
  if (writtenVolumes.includes(name) || writtenVolumes.includes("*")) return;
  const isKnown = prefixes.some((prefix) => [`${VOLUME_SOURCE}://`, `${VOLUME_SOURCE}://${name}/`].includes(prefix));
  throw refusedVolume(name, isKnown ? [name] : [], "write");
}

function noVolume(path: string): ImportError {
  const reason = `option reject_path "${excerpt(path, 200)}" names no volume: say volume://NAME/FOLDER/, or a folder of the volume that the request imports from`;
  return new ImportError("request_invalid", reason);
}
