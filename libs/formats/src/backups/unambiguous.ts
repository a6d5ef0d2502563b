import { ImportError } from "@sluice/errors";
import type { BackupCollection } from "./backup.ts";

/**
 * A collection whose ids and names each mean one thing: the columns of segments are found by the ids of fields, and their folders by
 * those of partitions, so that rows of a partition that is there twice would come twice.
 * @throws {ImportError} `malformed_file`
 */
export function unambiguous(collection: BackupCollection): BackupCollection {
  const { fields, structs, partitions } = collection;
  const ofStructs = structs.flatMap((struct) => [struct, ...struct.fields]);
  refuseTwice(
    "fields with the id",
    [...fields, ...ofStructs].map(({ fieldId }) => String(fieldId)),
  );
  const partitionKeys = ["id", "name"] as const;
  for (const key of partitionKeys)
    refuseTwice(
      `partitions with the ${key}`,
      partitions.map((partition) => partition[key]),
    );
  return collection;
}

function refuseTwice(what: string, values: readonly string[]): void {
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined)
    throw new ImportError("malformed_file", `the backup's meta is damaged: two ${what} ${twice}`);
}
