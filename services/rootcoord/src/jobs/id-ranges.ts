import type { FileGroupRecord } from "@sluice/catalog";
import { excerpt, ImportError } from "@sluice/errors";
import { ID_RANGE_OPTION, type IdRange, type ImportSpec, idRangeOf } from "@sluice/jobs";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";

/**
 * Keys that a request brings for the rows of its files fit the collection, and each is one row's.
 * @throws {ImportError} `request_invalid`
 */
export function checkIdRanges(
  groups: readonly FileGroupRecord[],
  schema: CollectionSchema,
  { isBackup }: Pick<ImportSpec, "isBackup">,
): void {
  const given = groups.flatMap((group) => {
    const range = idRangeOf(group.options);
    return range ? [{ range, group }] : [];
  });
  if (given.length === 0) return;
  if (isBackup) throw invalid("a backup has the keys of its rows");
  const { name, autoId } = schema.fields[primaryKeyIndex(schema)];
  if (!autoId)
    throw invalid(`the primary key '${excerpt(name)}' is not automatic (autoID=false): files give it themselves`);
  for (const { group } of given)
    if (group.from !== undefined)
      throw invalid(
        `'${group.from}' stands for several files, and which row is the first is nobody's to say: name each`,
      );
  checkApart(given);
}

function checkApart(given: readonly { range: IdRange; group: FileGroupRecord }[]): void {
  const sorted = given.toSorted((a, b) => (a.range.begin < b.range.begin ? -1 : 1));
  for (const [i, { range, group }] of sorted.entries()) {
    const next = sorted[i + 1];
    if (!next || next.range.begin >= range.end) continue;
    throw invalid(`${group.files[0].path} and ${next.group.files[0].path} are given the key ${next.range.begin} both`);
  }
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", `${ID_RANGE_OPTION}: ${reason}`);
}
