import type { CollectionRecord } from "@sluice/catalog";
import type { CollectionId } from "@sluice/schema";
import type { Catalog, Change } from "./catalog.ts";
import { collectionNotFound, invalid } from "./refusals.ts";
import { decodeSchema, encodeSchema } from "./stored-schema.ts";

/** Where a collection is found. */
interface Place {
  readonly dbName: string;
  readonly name: string;
}

/** A collection under another name, or in another database. @throws {StatusError} 100, 800, 1100 */
export async function decideRename(
  catalog: Catalog,
  { from, to }: { readonly from: Place; readonly to: Place },
  updatedTs: bigint,
): Promise<Change<CollectionId>> {
  const { databases, collections, names } = catalog;
  const entry = await catalog.collection(from.dbName, from.name);
  const taken = await names.get([from.dbName, from.name]);
  if (taken?.record.kind === "alias")
    throw invalid(`unsupported use an alias to rename collection, alias:${from.name}`);
  if (!taken) throw collectionNotFound(from.dbName, from.name);
  const database = await catalog.database(to.dbName);
  if (await catalog.findName(to.dbName, to.name))
    throw invalid(
      `duplicated new collection name ${to.name} in database ${to.dbName} with other collection name or alias`,
    );
  if (from.dbName !== to.dbName && entry.record.aliases.length > 0)
    throw invalid("fail to rename db name, must drop all aliases of this collection before rename");
  const { collectionId } = entry.record;
  return {
    transaction: {
      guards: [
        ...[collections.guard(entry), names.guard(taken)],
        ...[names.absent([to.dbName, to.name]), database.guard],
      ],
      writes: [
        databases.write(database.record), // C2
        names.remove([from.dbName, from.name]),
        names.write({ ...to, kind: "collection", collectionId }),
        collections.write(renamed(entry.record, to, updatedTs)),
      ],
    },
    result: collectionId,
  };
}

/** The record under another name, its schemas too. */
export function renamed(record: CollectionRecord, { dbName, name }: Place, updatedTs: bigint): CollectionRecord {
  const withName = (text: string) => encodeSchema({ ...decodeSchema(text), name });
  const schemas = { declaredSchema: withName(record.declaredSchema), storedSchema: withName(record.storedSchema) };
  return { ...record, ...schemas, dbName, name, updatedTs };
}
