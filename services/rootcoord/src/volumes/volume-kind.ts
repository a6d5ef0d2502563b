import type { VolumeRecord } from "@sluice/catalog";
import { excerpt, StatusError } from "@sluice/errors";
import type { volume } from "@sluice/rpc";
import { folderPathOf, volumeCodes } from "@sluice/volumes";

/**
 * What a request says of where the files of a volume lie: with this server, or in a source that its settings name.
 * @throws {StatusError} 63244 for what contradicts itself; 63247
 */
export function kindOf(
  { type, source, folder }: Pick<volume.CreateVolumeRequest, "type" | "source" | "folder">,
  hasSource: (name: string) => boolean,
): Pick<VolumeRecord, "type" | "source" | "folder"> {
  checkType(type);
  if (type === "" || type === "MANAGED") {
    if (source !== "" || folder !== "")
      throw invalid('storageIntegrationId and path are of external volumes: say "type": "EXTERNAL", or leave them out');
    return { type: "MANAGED" };
  }
  if (source === "") throw invalid("an EXTERNAL volume needs storageIntegrationId: the name of a source of the server");
  if (!hasSource(source)) {
    const cure = "the setting --source NAME=s3://BUCKET/FOLDER adds one";
    throw invalid(`there is no source "${excerpt(source, 80)}" for the volume to lie in: ${cure}`);
  }
  if (folder !== "" && !folder.endsWith("/")) throw invalid('the path of an EXTERNAL volume ends with "/"');
  return { type: "EXTERNAL", source, folder: folderPathOf(folder) };
}

/** @throws {StatusError} 63244; "" is none */
export function checkType(type: string): void {
  if (!["", "MANAGED", "EXTERNAL"].includes(type))
    throw invalid(`a volume is MANAGED or EXTERNAL, not "${excerpt(type, 40)}"`);
}

function invalid(reason: string): StatusError {
  return new StatusError(volumeCodes.invalidKind, reason);
}
