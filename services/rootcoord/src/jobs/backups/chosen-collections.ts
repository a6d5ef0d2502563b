import { excerptOfList, ImportError } from "@sluice/errors";
import type { BackupCollection } from "@sluice/formats";
import type { rootCoord } from "@sluice/rpc";
import type { RestoreTarget } from "./backup-collection.ts";
import type { FoundCollection } from "./read-backup.ts";

type Names = Pick<BackupCollection, "dbName" | "name">;

/** As requests name it. */
export function nameOf({ dbName, name }: Names): string {
  return `${dbName}.${name}`;
}

/**
 * What is restored, and where: all of the backup, or what the request names, as `NAME` or `DATABASE.NAME`.
 * @throws {ImportError} `request_invalid` for names that the backup has not, and for two collections with one target
 */
export function chosenOf(
  { dbName, collections, path }: rootCoord.RestoreBackupRequest,
  all: readonly FoundCollection[],
) {
  const asked = collections.length > 0 ? collections : all.map((one) => ({ key: nameOf(one), value: "" }));
  const chosen = asked.map(({ key, value }) => {
    const found = all.filter((one) => one.name === key || nameOf(one) === key);
    if (found.length !== 1) throw notOne(key, found.length, all, path);
    return { collection: found[0], target: targetOf(found[0], value, dbName) };
  });
  const names = chosen.map(({ target }) => `${target.dbName}.${target.collectionName}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return chosen;
  throw new ImportError(
    "request_invalid",
    `two collections of the backup would become ${twice}: give one of them another name`,
  );
}

function targetOf(backup: Names, value: string, dbName: string): RestoreTarget {
  const [first, ...rest] = value.split(".");
  if (rest.length > 0) return { dbName: first, collectionName: rest.join(".") };
  return { dbName: dbName || backup.dbName, collectionName: first || backup.name };
}

function notOne(asked: string, count: number, backups: readonly Names[], file: string): ImportError {
  const what = count === 0 ? "no collection" : "several collections";
  const reason = `the backup has ${what} '${asked}'; it has ${excerptOfList(backups.map(nameOf))}`;
  return new ImportError("request_invalid", reason, { file });
}
