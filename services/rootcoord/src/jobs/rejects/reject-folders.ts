import { excerpt, ImportError } from "@sluice/errors";
import type { ImportSpec } from "@sluice/jobs";
import { VOLUME_SOURCE } from "@sluice/object-store";
import { folderPathOf } from "@sluice/volumes";
import type { OpenVolumes } from "../../volumes/open-volumes.ts";

const PATH = new RegExp(`^${VOLUME_SOURCE}://([^/]+)(?:/(.*))?$`, "is");

/** What of the folder of an import's rejected rows can be checked before the import begins. */
export class RejectFolders {
  readonly #volumes: Pick<OpenVolumes, "writable">;

  constructor(volumes: Pick<OpenVolumes, "writable">) {
    this.#volumes = volumes;
  }

  /**
   * What the spec of a job is to say of it; nothing for one without.
   * @throws {ImportError} `request_invalid` for a path of no volume
   * @throws {StatusError} 63240, 63244, 63245, 63247
   */
  async folderOf({ rejectPath }: Pick<ImportSpec, "rejectPath">): Promise<Pick<ImportSpec, "rejectsFolder">> {
    if (rejectPath === undefined) return {};
    const [, volumeName, rest = ""] = PATH.exec(rejectPath) ?? [];
    if (volumeName === undefined) throw noVolume(rejectPath);
    const folder = folderPathOf(rest);
    const { volumeId } = await this.#volumes.writable(volumeName);
    return { rejectsFolder: { volumeName, volumeId, folder } };
  }
}

function noVolume(path: string): ImportError {
  const reason = `option reject_path "${excerpt(path, 200)}" names no volume: say volume://NAME/FOLDER/, or a folder of the volume that the request imports from`;
  return new ImportError("request_invalid", reason);
}
