import { excerpt } from "@sluice/errors";
import { common, milvus } from "@sluice/rpc";
import { type MilvusPeer, peerError } from "./milvus-peer.ts";

/** Imports that a peer has at a time: it plans them by itself, and refuses those above a limit of its own. */
const AT_ONCE = 64;

/** A segment in files that the peer reads. */
export interface ImportedSegment {
  readonly partitionName: string;
  /** Folder of its insert logs, by the peer's name, ending in `/`. */
  readonly inserts: string;
  /** The same of its delta logs; "" = none. */
  readonly deletes: string;
}

/**
 * Has the peer import segments as a restore of milvus-backup does, a call each, in their order; what was begun before is told by how many
 * imports its collection has, so that the collection must be the caller's alone. Resolves to how many are done; asked again until all are.
 * @throws {ImportError} `peer_refused` when one has failed; `peer_unavailable`
 */
export async function importSegments(
  peer: MilvusPeer,
  collectionName: string,
  segments: readonly ImportedSegment[],
): Promise<number> {
  const tasks = await importsOf(peer, collectionName);
  const failed = tasks.find(({ state }) => FAILED.has(state));
  if (failed) throw peerError(peer.place, `an import into ${collectionName}`, new Error(reasonOf(failed)));
  const done = tasks.filter(({ state }) => state === common.ImportState.ImportCompleted).length;
  for (let i = tasks.length; i < Math.min(segments.length, done + AT_ONCE); i++)
    await begin(peer, collectionName, segments[i], i);
  return done;
}

const FAILED: ReadonlySet<number> = new Set([
  common.ImportState.ImportFailed,
  common.ImportState.ImportFailedAndCleaned,
]);

async function importsOf(peer: MilvusPeer, collectionName: string): Promise<milvus.GetImportStateResponse[]> {
  const { dbName } = peer.place;
  const request = milvus.ListImportTasksRequest.fromPartial({ dbName, collectionName });
  const what = `asking for the imports of ${collectionName}`;
  return (await peer.call(what, (client) => client.listImportTasks(request))).tasks;
}

async function begin(
  peer: MilvusPeer,
  collectionName: string,
  { partitionName, inserts, deletes }: ImportedSegment,
  index: number,
): Promise<void> {
  const request = milvus.ImportRequest.fromPartial({
    ...{ dbName: peer.place.dbName, collectionName, partitionName, files: [inserts, deletes] },
    options: [{ key: "backup", value: "true" }],
    // A Milvus does not know it: of a call whose answer was lost the next list tells.
    idempotencyKey: `${collectionName}/${index}`,
  });
  await peer.call(`importing ${inserts}`, (client) => client.import(request, { isOnce: true }));
}

function reasonOf({ infos }: milvus.GetImportStateResponse): string {
  const reason = infos.find(({ key }) => key === "failed_reason")?.value;
  return excerpt(reason || "it failed, and says no reason", 2000);
}
