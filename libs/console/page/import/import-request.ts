/** What the form of an import holds. */
export interface ImportForm {
  /** A path, folder or pattern a line. */
  readonly files: string;
  /** They are columns of one table, not tables of rows. */
  readonly isOneTable: boolean;
  readonly collectionName: string;
  readonly partitionName: string;
  readonly onError: string;
  readonly onDuplicate: string;
  readonly preset: string;
  /** Rows stay invisible until they are committed. */
  readonly isHeldBack: boolean;
  /** Other options, `key=value` a line. */
  readonly options: string;
}

export const emptyForm: ImportForm = {
  ...{ files: "", isOneTable: false, collectionName: "", partitionName: "", onError: "abort", onDuplicate: "keep" },
  ...{ preset: "", isHeldBack: false, options: "" },
};

/** Body of `jobs/import/create`. */
export interface ImportRequest {
  readonly collectionName: string;
  readonly partitionName?: string;
  readonly files: readonly (readonly string[])[];
  readonly options: Readonly<Record<string, string>>;
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** The files as requests name them. */
export function filesOf({ files, isOneTable }: Pick<ImportForm, "files" | "isOneTable">): string[][] {
  const paths = linesOf(files);
  return isOneTable && paths.length > 0 ? [paths] : paths.map((path) => [path]);
}

/** @throws Error that says which line of the options is none */
export function requestOf(form: ImportForm, isDryRun: boolean): ImportRequest {
  return {
    collectionName: form.collectionName.trim(),
    ...(form.partitionName.trim() !== "" && { partitionName: form.partitionName.trim() }),
    files: filesOf(form),
    options: optionsOf(form, isDryRun),
  };
}

/** Those that are as the server has them anyway are left out. */
export function optionsOf(form: ImportForm, isDryRun: boolean): Record<string, string> {
  return {
    ...(form.onError !== emptyForm.onError && { on_error: form.onError }),
    ...(form.onDuplicate !== emptyForm.onDuplicate && { on_duplicate: form.onDuplicate }),
    ...(form.preset.trim() !== "" && { preset: form.preset.trim() }),
    ...(form.isHeldBack && !isDryRun && { auto_commit: "false" }),
    ...Object.fromEntries(linesOf(form.options).map(optionOf)),
    ...(isDryRun && { dry_run: "true" }),
  };
}

function optionOf(line: string): [string, string] {
  const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
  if (key === undefined) throw new Error(`"${line}" is no option: write key=value`);
  return [key, value];
}
