import type { FileGroupRecord } from "@sluice/catalog";
import { excerptOfList } from "@sluice/errors";
import { type FieldPlan, FolderPlan, type Folders, type FolderValues, foldersOf, planFields } from "@sluice/formats";
import type { FoundGroup, RequestFiles } from "./request-files.ts";

/** Files as they are recorded, and what the user should know of them. */
export interface RecordedFiles {
  readonly groups: readonly FileGroupRecord[];
  readonly warnings: readonly string[];
}

/**
 * Files that were found in folders `key=value`, or in that of a table, with what these say of their rows and columns.
 * @param used the key that partitions were told by: that no field takes it too is as it should be
 * @throws {ImportError} as `FolderPlan.valuesOf`
 */
export function withFolderValues(
  { groups, warnings }: RequestFiles,
  plan: FieldPlan,
  options: Readonly<Record<string, string>>,
  used?: string,
): RecordedFiles {
  const folders = groups.map(foldersOfGroup);
  const plans = new FolderPlans(plan, options, folders);
  const extended = groups.map((found, i): FileGroupRecord => {
    const { partition: _, columnNames: __, ...group } = found;
    const values = plans.valuesOf(folders[i], group.options);
    const table = tableOptions(found);
    const named = table ? { ...group, options: { ...group.options, ...table } } : group;
    return values ? { ...named, folders: values } : named;
  });
  const leftOut = plans.leftOut.filter((key) => key !== used);
  const warning = `folders that no field takes: ${excerptOfList(leftOut.map((key) => `${key}=…`))}`;
  return { groups: extended, warnings: leftOut.length > 0 ? [...warnings, warning] : warnings };
}

/** What readers are told of the names that a table has for the columns of its files; undefined where it has none of its own. */
export function tableOptions({
  partition,
  columnNames = {},
}: Pick<FoundGroup, "partition" | "columnNames">): Readonly<Record<string, string>> | undefined {
  const inFiles = Object.entries(columnNames).filter(([name]) => !partition?.has(name));
  return inFiles.length > 0 ? { table_columns: JSON.stringify(Object.fromEntries(inFiles)) } : undefined;
}

/** Plans by the options of groups, which may have mappings of their own; what equal folders say is asked for once. */
class FolderPlans {
  readonly #plan: FieldPlan;
  readonly #options: Readonly<Record<string, string>>;
  readonly #all: readonly Folders[];
  readonly #plans = new Map<string, FolderPlan>();
  readonly #values = new Map<string, FolderValues | undefined>();

  constructor(plan: FieldPlan, options: Readonly<Record<string, string>>, all: readonly Folders[]) {
    this.#plan = plan;
    this.#options = options;
    this.#all = all;
  }

  get leftOut(): string[] {
    return [...new Set([...this.#plans.values()].flatMap((plan) => plan.leftOut))];
  }

  valuesOf(folders: Folders, own: Readonly<Record<string, string>> | undefined): FolderValues | undefined {
    if (folders.size === 0) return undefined;
    const id = JSON.stringify([[...folders], own]);
    if (!this.#values.has(id)) this.#values.set(id, this.#planOf(own).valuesOf(folders));
    return this.#values.get(id);
  }

  #planOf(own: Readonly<Record<string, string>> | undefined): FolderPlan {
    const id = JSON.stringify(own ?? {});
    const options = { ...this.#options, ...own };
    const made = () => new FolderPlan(own ? planFields(this.#plan.schema, options) : this.#plan, options, this.#all);
    const known = this.#plans.get(id) ?? made();
    this.#plans.set(id, known);
    return known;
  }
}

/** What the folders say that the files of a group were found in; nothing of files that the request names. */
export function foldersOfGroup({ from, files, partition, columnNames }: FoundGroup): Folders {
  if (from === undefined) return new Map();
  const folders = partition ?? foldersOf(files[0].path);
  return new Map([...folders].map(([key, value]) => [columnNames?.[key]?.name ?? key, value]));
}
