import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { excerpt, ImportError } from "@sluice/errors";
import type { PushCopySpec, PushedDeclarations } from "@sluice/jobs";
import type { ExportRoots } from "@sluice/object-store";
import {
  canKeepAutomaticKeys,
  checkRoom,
  collectionOfAlias,
  hasCollection,
  MilvusPeer,
  type PeerPlace,
  type PeerSecret,
  peerName,
  peerPlaceOf,
} from "@sluice/peer";
import { compileFilter } from "@sluice/query";
import { decodeStoredSchema, type rootCoord, schema as wire } from "@sluice/rpc";
import { isVector, type JobId, jobId } from "@sluice/schema";
import { checkAliasName, checkCollectionName } from "../ddl/index.ts";
import { checkPartitions } from "./copy-jobs.ts";
import { type CopyAnswer, newCopyJob } from "./copy-requests.ts";
import { checkedRows, ifExistsOf } from "./copy-target.ts";
import { expiryOf } from "./export-jobs.ts";
import { ALL_BY_KEY, PEER, PEER_MESSAGE_BYTES, sourceOfPeer } from "./job-peers.ts";
import type { PullJobsDeps } from "./pull-jobs.ts";
import { handoverOf, meansOf, offeredFiles, type PushMeans } from "./push-means.ts";

/** What copies to another service need besides. */
export interface PushJobsDeps extends PullJobsDeps {
  readonly roots: Pick<ExportRoots, "check">;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
}

const NOT_OF_FILES =
  "checkRows compares rows that are sent: of segments that are handed over as files none is read here; leave out to.files, or checkRows";

/** Takes requests to copy a collection to another service: asks it whether it can have it before anything is written. */
export class PushJobs {
  readonly #deps: PushJobsDeps;
  constructor(deps: PushJobsDeps) {
    this.#deps = deps;
  }

  /**
   * Records a job and answers its id. What is copied is what is visible now.
   * @throws {StatusError} 100, 200, 1100; {ImportError} `request_invalid`, `unsupported`, `path_refused`, `peer_refused`, `peer_unavailable`
   */
  async submit(request: rootCoord.CopyRequest): Promise<CopyAnswer> {
    const { requests, allowed } = this.#deps;
    checkCollectionName(request.targetCollectionName);
    if (request.from)
      throw new ImportError("request_invalid", "from and to: a copy has one other service; give one of them");
    checkNew(request);
    const source = await this.#deps.findCollection(request.dbName, request.collectionName);
    const { address = "", token } = request.to ?? {};
    const offered = offeredFiles(request, this.#deps.roots);
    const { place, secret } = peerPlaceOf({ address, token, dbName: request.targetDbName }, allowed);
    const earlier = requests.findEarlier(request);
    if (earlier !== undefined) return earlier;
    requests.checkOpenJobs();
    checkPushable(source, request);
    using peer = new MilvusPeer(place, secret, PEER_MESSAGE_BYTES);
    const means = meansOf(source, request, peerName(place), offered);
    if (means.place && request.checkRows > 0) throw new ImportError("request_invalid", NOT_OF_FILES);
    await checkTarget(peer, source, request.targetCollectionName, means);
    if (request.alias !== "") await collectionOfAlias(peer, request.alias);
    const id = jobId(await this.#deps.allocateId());
    const job = await this.#jobOf(id, source, request, place, secret, means);
    try {
      await checkRoom(peer, { bytes: await requests.bytesOf(job), properties: source.properties });
    } catch (error) {
      requests.forget(id);
      throw error;
    }
    return requests.recordAlone(job, request);
  }

  async #jobOf(
    id: JobId,
    source: CollectionRecord,
    request: rootCoord.CopyRequest,
    place: PeerPlace,
    secret: PeerSecret | undefined,
    means: PushMeans,
  ): Promise<JobRecord> {
    const sealed = secret && this.#deps.credentials.keep(id, { [PEER]: secret });
    const spec = pushSpec(id, source, request, place, means);
    return {
      ...newCopyJob(id, source, request, this.#deps.now()),
      ...{ spec, sources: [sourceOfPeer(place, secret)], ...(sealed !== undefined && { sealedCredentials: sealed }) },
      // Of the snapshot.
      timestamp: await this.#deps.allocateTs(),
    };
  }
}

/** Of what other services cannot do at once, nothing is done by halves. @throws {StatusError} 1100; {ImportError} `request_invalid` */
function checkNew(request: rootCoord.CopyRequest): void {
  const { alias, targetCollectionName: name } = request;
  if (ifExistsOf(request) !== "fail") {
    const reason = `ifExists=${request.ifExists}: another service cannot take rows, or another collection's name, all at once: copy under a new name, with an alias that points to it then`;
    throw new ImportError("request_invalid", reason);
  }
  if (alias !== "") checkAliasName(alias);
  if (alias === name) throw new ImportError("request_invalid", `alias "${excerpt(alias)}" is the name of the target`);
}

/** @throws {StatusError} 200, 1100; {ImportError} `request_invalid` */
function checkPushable(source: CollectionRecord, request: rootCoord.CopyRequest): void {
  const schema = decodeStoredSchema(Buffer.from(source.storedSchema, "base64"), source.properties);
  checkPartitions(source, request.partitionNames);
  compileFilter(request.filter, schema);
  if (source.hasPartitionKey && request.partitionNames.length > 0)
    throw new ImportError("request_invalid", "a collection with a partition key is copied whole: name no partitions");
  const bare = schema.fields.find(
    (field) => isVector(field.dataType) && !source.indexes.some(({ fieldName }) => fieldName === field.name),
  );
  if (bare === undefined && !request.withoutIndexes) return;
  const what = request.withoutIndexes ? "with its indexes left out" : `whose vectors in "${bare?.name}" have no index`;
  const reason = `the rows of a collection ${what} cannot be counted there, which a copy ends with: give every vector an index`;
  throw new ImportError("request_invalid", reason);
}

/** @throws {ImportError} `request_invalid`, `unsupported` */
async function checkTarget(
  peer: MilvusPeer,
  source: CollectionRecord,
  name: string,
  { place }: PushMeans,
): Promise<void> {
  if (await hasCollection(peer, name)) {
    const reason = `the collection "${excerpt(name)}" exists in ${peerName(peer.place)}: choose another name, or drop it there`;
    throw new ImportError("request_invalid", reason);
  }
  // Segments have their keys with them.
  if (place) return;
  const { fields } = wire.CollectionSchema.decode(Buffer.from(source.declaredSchema, "base64"));
  if (!fields.some(({ isPrimaryKey, autoID }) => isPrimaryKey && autoID)) return;
  if (await canKeepAutomaticKeys(peer)) return;
  const reason = `the keys of "${excerpt(source.name)}" are automatic, and ${peerName(peer.place)} takes no such keys but its own, so rows would get others: hand segments over as files (to.files), or export the collection as a backup, which keep them`;
  throw new ImportError("unsupported", reason);
}

function pushSpec(
  id: JobId,
  source: CollectionRecord,
  request: rootCoord.CopyRequest,
  place: PeerPlace,
  means: PushMeans,
): PushCopySpec {
  const { partitionNames: names, filter, targetCollectionName } = request;
  const chosen = source.partitions.filter(({ name }) => names.length === 0 || names.includes(name));
  return {
    ...{ direction: "out", peer: peerName(place), filter: filter.trim(), options: [] },
    ...{ sourceCollectionId: source.collectionId, sourceDbName: source.dbName, sourceCollectionName: source.name },
    ...{
      targetCollectionName,
      interimName: `copying_${id}`,
      ...checkedRows(request),
      ...(request.alias !== "" && { alias: request.alias }),
    },
    partitions: chosen.map(({ partitionId }) => [partitionId, partitionId] as const),
    partitionNames: source.hasPartitionKey ? [ALL_BY_KEY] : chosen.map(({ name }) => name),
    expiry: expiryOf(source),
    declared: declarationsOf(source, request),
    strategy: means.strategy,
    ...(means.place && { handover: handoverOf(means.place, request, `${source.name}_${id}`, chosen) }),
    warnings: expiryOf(source).ttlSeconds > 0 ? ["rows count anew from their copy on, by which they expire"] : [],
  };
}

function declarationsOf(source: CollectionRecord, request: rootCoord.CopyRequest): PushedDeclarations {
  const { declaredSchema: schema, shardsNum, consistencyLevel, properties, numPartitions, hasPartitionKey } = source;
  return {
    ...{ schema, shardsNum, consistencyLevel, properties, numPartitions: hasPartitionKey ? numPartitions : 0 },
    partitionNames: hasPartitionKey ? [] : source.partitions.map(({ name }) => name),
    indexes: source.indexes.map(({ name, fieldName, params }) => ({ name, fieldName, params })),
    isLoaded: source.loaded && !request.withoutLoad,
  };
}
