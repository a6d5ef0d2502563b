import type { CollectionRecord, RecordEntry } from "@sluice/catalog";
import { excerpt, ImportError } from "@sluice/errors";
import type { Guard, MetaTransaction } from "@sluice/metastore";
import type { CollectionId } from "@sluice/schema";
import type { Catalog, Change } from "./catalog.ts";
import { renamed } from "./renamed-collection.ts";

/** As what a hidden collection is shown. */
export interface Publication {
  /** The collection whose name it takes, and which is dropped; its aliases stay, and point to the new one. */
  readonly replaces?: { readonly collectionId: CollectionId; readonly name: string };
  /** Points to it from then on, whatever it pointed to before. */
  readonly alias?: string;
}

/** What came of it, for those who keep names in memory. */
export interface Published {
  /** That it has now, where it had another. */
  readonly name?: string;
  readonly dropped?: CollectionId;
}

type Entry = RecordEntry<CollectionRecord>;
type Writes = MetaTransaction["writes"][number][];

/** One transaction: whoever reads finds the old collection, or the new one. @throws {ImportError} `job_failed` */
export async function decidePublication(
  catalog: Catalog,
  id: CollectionId,
  { replaces, alias }: Publication,
): Promise<Change<Published | undefined>> {
  const entry = await catalog.collections.get(id);
  if (entry?.record.state !== "hidden") return { result: undefined };
  const [guards, writes]: [Guard[], Writes] = [[catalog.collections.guard(entry)], []];
  const old = replaces && (await replaced(catalog, entry, replaces, guards, writes));
  const aliases = new Set(old?.record.aliases);
  if (alias) {
    await takeAlias(catalog, entry, { alias, old }, guards, writes);
    aliases.add(alias);
  }
  const { dbName } = entry.record;
  for (const name of aliases) writes.push(catalog.names.write({ dbName, name, kind: "alias", collectionId: id }));
  const shown = replaces
    ? renamed(entry.record, { dbName, name: replaces.name }, entry.record.updatedTs)
    : entry.record;
  writes.push(catalog.collections.write({ ...shown, state: "active", aliases: [...aliases] }));
  const result = { ...(replaces && { name: replaces.name }), ...(old && { dropped: old.record.collectionId }) };
  return { transaction: { guards, writes }, result };
}

/** Gives it the name of the one that it replaces, and drops that; undefined where somebody has dropped it before. */
async function replaced(
  { collections, names }: Catalog,
  { record: { collectionId, dbName, name: interim } }: Entry,
  { collectionId: oldId, name }: NonNullable<Publication["replaces"]>,
  guards: Guard[],
  writes: Writes,
): Promise<Entry | undefined> {
  const taken = await names.get([dbName, name]);
  guards.push(taken ? names.guard(taken) : names.absent([dbName, name]));
  writes.push(names.remove([dbName, interim]), names.write({ dbName, name, kind: "collection", collectionId }));
  if (!taken) return undefined;
  const old = await collections.get(oldId);
  if (taken.record.kind !== "collection" || taken.record.collectionId !== oldId || old?.record.state !== "active")
    throw new ImportError(
      "job_failed",
      `"${excerpt(name)}" is another collection by now than the one that was to be replaced`,
    );
  guards.push(collections.guard(old));
  writes.push(collections.write(dropped(old.record)));
  return old;
}

function dropped(record: CollectionRecord): CollectionRecord {
  const partitions = record.partitions.map((partition) => ({ ...partition, loaded: false }));
  return { ...record, partitions, aliases: [], state: "dropped", loaded: false };
}

/** Takes the alias from whoever has it. */
async function takeAlias(
  { collections, names }: Catalog,
  { record: { dbName } }: Entry,
  { alias, old }: { readonly alias: string; readonly old: Entry | undefined },
  guards: Guard[],
  writes: Writes,
): Promise<void> {
  const taken = await names.get([dbName, alias]);
  if (taken?.record.kind === "collection")
    throw new ImportError("job_failed", `"${excerpt(alias)}" is a collection's name by now, and can be no alias`);
  guards.push(taken ? names.guard(taken) : names.absent([dbName, alias]));
  const owner = taken && (await collections.get(taken.record.collectionId));
  if (!owner || owner.record.collectionId === old?.record.collectionId) return;
  guards.push(collections.guard(owner));
  writes.push(collections.write({ ...owner.record, aliases: owner.record.aliases.filter((name) => name !== alias) }));
}
