import { excerpt, ImportError } from "@sluice/errors";

/** Options that a segment of Milvus leaves nothing to say for: its fields are found by their ids. */
const pointless = ["fields_mapping", "preset", "coerce", "format", "row_number_field"] as const;

/** Options of rows, of which an import of deletes has none. */
const ofRows = ["nan", "on_error", "on_duplicate", "partition_from", "corrects", "default_fields"] as const;

/**
 * Whether the files are deletes alone (`l0_import=true`), and whether the other options go with that. Source: import semantics §6.
 * @throws {ImportError} as `parseBackup`
 */
export function parseDeletes(values: ReadonlyMap<string, string>): boolean {
  if (!isTrue(values.get("l0_import"))) return false;
  if (isTrue(values.get("backup")))
    throw new ImportError(
      "request_invalid",
      "options.l0_import=true and backup=true: import the rows first, with backup=true, and then the deletes by a job of their own",
    );
  const odd = [...pointless, ...ofRows].find((key) => values.get(key));
  if (odd) throw new ImportError("request_invalid", `options.${odd} says nothing of l0_import=true: it has no rows`);
  checkStored(values);
  return true;
}

function isTrue(value = ""): boolean {
  return value.toLowerCase() === "true";
}

/**
 * Whether the files are segments of Milvus (`backup=true`), and whether the other options go with that. Source: import semantics
 * §6, binlog format §8.3.
 * @throws {ImportError} `request_invalid`; `unsupported` for backups that are not read
 */
export function parseBackup(values: ReadonlyMap<string, string>): boolean {
  if (!isTrue(values.get("backup"))) return false;
  const odd = pointless.find((key) => values.get(key));
  if (odd)
    throw new ImportError(
      "request_invalid",
      `options.${odd} says nothing of backup=true: fields are found by their ids`,
    );
  checkStored(values);
  return true;
}

function checkStored(values: ReadonlyMap<string, string>): void {
  if (values.get("ezk"))
    throw new ImportError(
      "unsupported",
      "options.ezk: encrypted backups are not read: take the backup without encryption",
    );
  checkStorageVersion(values.get("storage_version") ?? "");
}

/** Versions 1, which Milvus also writes as 0, and 2 are told by the files themselves. */
function checkStorageVersion(value: string): void {
  if (value === "" || value === "0" || value === "1" || value === "2") return;
  if (!/^-?\d+$/.test(value))
    throw new ImportError(
      "request_invalid",
      `parse storage_version failed, value=${excerpt(value)}, expected a number`,
    );
  throw new ImportError(
    "unsupported",
    `options.storage_version=${excerpt(value)}: segments of storage versions 1 and 2 are read; export others as files, or let Milvus rewrite them`,
  );
}
