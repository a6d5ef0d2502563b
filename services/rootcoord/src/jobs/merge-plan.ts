import type { CollectionRecord, FileGroupRecord } from "@sluice/catalog";
import { excerpt, StatusError } from "@sluice/errors";
import { type MergeRules, type MergeSpec, mergeCodes } from "@sluice/jobs";
import type { rootCoord, schema as wire } from "@sluice/rpc";
import { DataType, dataTypeName } from "@sluice/schema";
import { declaredField } from "../ddl/index.ts";
import type { DataSource } from "./job-sources.ts";

/** What a request asks for, checked as far as the collection goes. */
export interface MergePlan {
  readonly source: CollectionRecord;
  readonly rules: MergeRules;
  readonly isDryRun: boolean;
  readonly dataSource: DataSource;
  readonly groups: readonly FileGroupRecord[];
  readonly ignoredColumns: readonly string[];
  readonly formatOptions: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

const keyTypes: ReadonlySet<number> = new Set([
  ...[DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.VarChar],
]);

/** What is recorded of the request, for the tasks of the job. */
export function mergeSpecOf(
  { source, rules, isDryRun, ignoredColumns, formatOptions, warnings }: MergePlan,
  target: CollectionRecord,
  newFieldIds: readonly number[],
  { alias, options }: rootCoord.MergeRequest,
): MergeSpec {
  const pairs = source.partitions.map(({ partitionId: from }, i) => [from, target.partitions[i].partitionId] as const);
  return {
    ...{ ...rules, isDryRun, ignoredColumns, formatOptions, warnings, newFieldIds },
    ...{
      sourceCollectionId: source.collectionId,
      sourceDbName: source.dbName,
      sourceCollectionName: source.name,
      targetCollectionName: target.name,
    },
    partitions: pairs,
    vchannels: source.vchannels.map((from, i) => [from, target.vchannels[i]] as const),
    options: options.filter(({ key }) => key === "dry_run").map(({ key, value }) => [key, value] as const),
    ...(alias !== "" && { alias }),
  };
}

/** @throws {StatusError} 63262, 63263 */
export function checkKey(source: CollectionRecord, { mergeField }: MergeRules): void {
  if (mergeField === "") return;
  const field = declaredField(source, mergeField);
  if (!field)
    throw new StatusError(
      mergeCodes.mergeFieldMissing,
      `mergeField "${excerpt(mergeField)}" is no field of the collection "${excerpt(source.name)}"`,
    );
  if (keyTypes.has(field.dataType)) return;
  const type = dataTypeName(field.dataType);
  const text = `mergeField "${mergeField}" is of type ${type}: rows are matched by integers or VarChar`;
  throw new StatusError(mergeCodes.mergeFieldType, text);
}

/** @throws {StatusError} 63262, 63265 */
export function checkColumns(wanted: readonly string[], names: readonly string[], { files }: FileGroupRecord): void {
  for (const [i, name] of wanted.entries()) {
    if (names.includes(name)) continue;
    const what = i === 0 ? "which is mergeField" : "which is a new field";
    const code = i === 0 ? mergeCodes.mergeFieldMissing : mergeCodes.columnMissing;
    throw new StatusError(
      code,
      `${files[0].path} has no column "${excerpt(name)}", ${what}; it has ${excerpt(names.join(", "), 200)}`,
    );
  }
}

/** Rows may have a key of the same name in `$meta`. */
export function shadowWarnings(fields: readonly wire.FieldSchema[]): string[] {
  const names = fields.map(({ name }) => `'${excerpt(name)}'`).join(", ");
  return [`dynamic keys named ${names} stay in $meta, where the new fields of these names hide them`];
}
