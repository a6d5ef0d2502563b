import { excerptOfList, ImportError, statusCodes } from "@sluice/errors";
import { milvus } from "@sluice/rpc";
import type { MilvusPeer } from "./milvus-peer.ts";
import { peerName } from "./peer-place.ts";
import { usedBytesOf } from "./used-bytes.ts";

/** What is to be made in a peer. */
export interface WantedRoom {
  /** Of all rows in memory, about. */
  readonly bytes: number;
  /** Properties that the collection is made with. */
  readonly properties: readonly (readonly [key: string, value: string])[];
}

const MB = 2 ** 20;
/** States in which a Milvus takes no rows, or makes no collections, whoever asks. */
const denials: ReadonlyMap<milvus.QuotaState, string> = new Map([
  [milvus.QuotaState.DenyToWrite, "it takes no rows (DenyToWrite)"],
  [milvus.QuotaState.DenyToDDL, "it makes no collections (DenyToDDL)"],
]);

/**
 * Asks a peer for its quotas before anything is made there: whether it takes rows now, how many collections its database may have, how
 * large database and collection may be, and what the database holds already, if it tells that.
 * @throws {ImportError} `request_invalid` with the numbers; as the calls of `MilvusPeer`
 */
export async function checkRoom(peer: MilvusPeer, { bytes, properties }: WantedRoom): Promise<void> {
  await checkTakesRows(peer);
  const ofDatabase = await databaseProperties(peer);
  await checkDatabase(peer, ofDatabase.get("database.diskQuota.mb"), bytes);
  checkSize(peer, new Map(properties).get("collection.diskQuota.mb"), { key: "collection.diskQuota.mb", bytes });
  await checkCount(peer, ofDatabase.get("database.max.collections"));
}

async function checkTakesRows(peer: MilvusPeer): Promise<void> {
  const { quotaStates, reasons } = await peer.call("asking for its quotas", (client) =>
    client.checkHealth(milvus.CheckHealthRequest.fromPartial({})),
  );
  const denied = quotaStates.flatMap((state) => denials.get(state) ?? []);
  if (denied.length > 0)
    throw refused(peer, `${denied.join(", ")}: ${excerptOfList(reasons) || "it does not say why"}`);
}

async function databaseProperties(peer: MilvusPeer): Promise<ReadonlyMap<string, string>> {
  const dbName = peer.place.dbName || "default";
  const { properties } = await peer.call(`describing database ${dbName}`, (client) =>
    client
      .describeDatabase(milvus.DescribeDatabaseRequest.fromPartial({ dbName }))
      .catch((error: { code?: unknown }) => {
        // A Milvus before 2.4 has no properties of databases.
        if (error.code !== statusCodes.unimplemented) throw error;
        return milvus.DescribeDatabaseResponse.fromPartial({ status: {} });
      }),
  );
  return new Map(properties.map(({ key, value }) => [key, value]));
}

/** What else is asked, is asked only where there is a quota. */
async function checkDatabase(peer: MilvusPeer, quota: string | undefined, bytes: number): Promise<void> {
  const usedBytes = limitOf(quota) === undefined ? 0 : await usedBytesOf(peer);
  checkSize(peer, quota, { key: "database.diskQuota.mb", bytes, usedBytes });
}

interface Size {
  /** Of the property with the quota. */
  readonly key: string;
  readonly bytes: number;
  readonly usedBytes?: number;
}

function checkSize(peer: MilvusPeer, quota: string | undefined, { key, bytes, usedBytes = 0 }: Size): void {
  const quotaMb = limitOf(quota);
  if (quotaMb === undefined || bytes + usedBytes <= quotaMb * MB) return;
  const mbOf = (count: number) => `${Math.ceil(count / MB)} MB`;
  const beside = usedBytes > 0 ? ` beside the ${mbOf(usedBytes)} that are there,` : ",";
  throw refused(peer, `the copy takes about ${mbOf(bytes)}${beside} more than the ${quotaMb} MB of ${key}`);
}

async function checkCount(peer: MilvusPeer, text: string | undefined): Promise<void> {
  const most = limitOf(text);
  if (most === undefined) return;
  const { dbName } = peer.place;
  const { collectionNames } = await peer.call("listing collections", (client) =>
    client.showCollections(milvus.ShowCollectionsRequest.fromPartial({ dbName })),
  );
  const count = collectionNames.length;
  if (count < most) return;
  const name = dbName || "default";
  throw refused(peer, `database ${name} has ${count} collections, and may have ${most} (database.max.collections)`);
}

/** Undefined for none: Milvus takes what is no number, or below 0, for none. */
function limitOf(text: string | undefined): number | undefined {
  const value = Number(text ?? "");
  return text === undefined || text === "" || !Number.isFinite(value) || value < 0 ? undefined : value;
}

function refused({ place }: MilvusPeer, reason: string): ImportError {
  return new ImportError("request_invalid", `${peerName(place)} has no room: ${reason}; nothing was made there`);
}
