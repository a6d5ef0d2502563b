import type { DatabaseRecord } from "@sluice/catalog";
import type { Catalog } from "./catalog.ts";
import { maxCollectionsOf } from "./check-properties.ts";
import { tooManyCollections } from "./refusals.ts";

/** @throws {StatusError} 102 where the database has as many collections as it may have */
export async function checkDatabaseRoom(
  catalog: Pick<Catalog, "collectionsOf">,
  { name, properties }: DatabaseRecord,
): Promise<void> {
  const limit = maxCollectionsOf(properties);
  if (Number.isFinite(limit) && (await catalog.collectionsOf(name)).length >= limit)
    throw tooManyCollections(name, limit);
}
