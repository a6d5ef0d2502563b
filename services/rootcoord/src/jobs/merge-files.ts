import type { FileGroupRecord } from "@sluice/catalog";
import { excerptOfList, ImportError, StatusError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { mergeCodes } from "@sluice/jobs";
import type { Sources } from "@sluice/object-store";
import { checkColumns } from "./merge-plan.ts";

interface FoundFiles {
  readonly groups: readonly FileGroupRecord[];
  readonly warnings: readonly string[];
}

/** Files as merges keep them. Those without a byte have no rows, as in imports, nor columns that could be looked at: they are told alone. */
export function filesWithRows({ groups, warnings }: FoundFiles): FoundFiles {
  const [empty, others] = [groups.filter(isEmpty), groups.filter((group) => !isEmpty(group))];
  return {
    // What folders say of all rows of a file is not looked at here.
    groups: others.map(({ format, files, from }) => ({ format, files, ...(from && { from }) })),
    warnings: [...warnings, ...empty.map(({ files }) => `${excerptOfList(files.map(({ path }) => path))}: no rows`)],
  };
}

function isEmpty({ format, files }: FileGroupRecord): boolean {
  return formatNamed(format).isNeverEmpty !== true && files.every(({ sizeBytes }) => sizeBytes === 0);
}

/**
 * Names of the columns of a file, as far as it tells them without being read.
 * @param wanted the key first
 * @throws {StatusError} 63262, 63265, 63269
 */
export async function columnsOf(
  group: FileGroupRecord,
  sources: Pick<Sources, "open">,
  wanted: readonly string[],
  formatOptions: Readonly<Record<string, string>>,
): Promise<string[]> {
  await using opened = new AsyncDisposableStack();
  const files = [];
  for (const file of group.files) files.push(opened.use(await sources.open(file)));
  const { signal } = new AbortController();
  const described = formatNamed(group.format).describe(files, signal, formatOptions);
  const { columns, sampledRows } = await described.catch(refusedAs("malformed_file", mergeCodes.fileDamaged));
  const names = columns.map(({ name }) => name);
  // Rows that were not looked at may have more keys. That a field has another name in the file, options may say: the reader knows.
  const isSure = (_name: string, i: number) => sampledRows === undefined || i === 0;
  if (Object.keys(formatOptions).length === 0) checkColumns(wanted.filter(isSure), names, group);
  return names;
}

/** Gives an error of a file the code that merges have for it. */
export function refusedAs(code: ImportError["code"], as: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ImportError) || error.code !== code) throw error;
    throw new StatusError(as, error.message, { cause: error });
  };
}
