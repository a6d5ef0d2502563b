import type { FileGroupRecord, JobRecord } from "@sluice/catalog";
import { formatNamed } from "@sluice/formats";
import { idRangeOf, newTask, type Pack } from "@sluice/jobs";
import type { PlannedTask } from "./job-planner.ts";

/** Smaller sources are imported before anybody would ask how many rows they have. */
const MIN_PROBED_BYTES = 1024 * 1024;

/**
 * Of so many files that stay whole, rows are asked for and headers are compared with the fields before the first task. Of more,
 * tasks would wait for looks at files that come long after theirs: who reads a file finds what is wrong with it.
 */
const MAX_PROBED_WHOLE = 16;

/** Whether the files of a pack are neither cut nor looked into before they are read. */
export function wholePacks({ groups }: JobRecord, packs: readonly Pack[], splitBytes: number): (pack: Pack) => boolean {
  const isCut = ({ first }: Pack) => sizeOf(groups[first]) >= 1.5 * splitBytes;
  const needsLook = (pack: Pack) =>
    pack.count === 1 && (isCut(pack) || idRangeOf(groups[pack.first].options) !== undefined);
  const tellsRows = ({ first, count }: Pack) =>
    count === 1 && sizeOf(groups[first]) >= MIN_PROBED_BYTES && !formatNamed(groups[first].format).tellsCutsOnly;
  const isMany = packs.filter((pack) => tellsRows(pack) && !needsLook(pack)).length > MAX_PROBED_WHOLE;
  return (pack) => !needsLook(pack) && (isMany || !tellsRows(pack));
}

/** A task for all of a pack. */
export function whole({ first, count }: Pack, sizesBytes: readonly number[]): PlannedTask {
  const sizeBytes = sizesBytes.slice(first, first + count).reduce((sum, size) => sum + size, 0);
  return { ...newTask, kind: "import", group: first, ...(count > 1 && { groupCount: count }), sizeBytes };
}

/** Source bytes of a group. */
export function sizeOf({ files }: FileGroupRecord): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}
