import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { excerpt, ImportError } from "@sluice/errors";
import type { PullCopySpec } from "@sluice/jobs";
import type { AllowedEndpoints } from "@sluice/object-store";
import {
  describePeerCollection,
  MilvusPeer,
  type PeerCollection,
  type PeerPlace,
  type PeerSecret,
  peerName,
  peerPlaceOf,
} from "@sluice/peer";
import type { rootCoord } from "@sluice/rpc";
import { type JobId, jobId } from "@sluice/schema";
import { checkCollectionName, type ForeignPlan, foreignCollection, planForeignCollection } from "../ddl/index.ts";
import { type CopyAnswer, type CopyRequests, newCopyJob } from "./copy-requests.ts";
import { checkAppendable, checkedRows, hiddenName, partitionsByName, schemaOfRecord, shownAs } from "./copy-target.ts";
import type { JobCredentials } from "./job-credentials.ts";
import { ALL_BY_KEY, PEER, PEER_MESSAGE_BYTES, sourceOfPeer } from "./job-peers.ts";

/** What copies from another service need; `now` is in Unix milliseconds. */
export interface PullJobsDeps {
  readonly requests: CopyRequests;
  readonly allowed: AllowedEndpoints;
  readonly credentials: JobCredentials;
  readonly allocateId: () => Promise<bigint>;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  readonly now: () => number;
}

/** Takes requests to copy a collection of another service: asks it for all that is declared there, then records job and target. */
export class PullJobs {
  readonly #deps: PullJobsDeps;
  constructor(deps: PullJobsDeps) {
    this.#deps = deps;
  }

  /**
   * Records a job and answers its id. The moment of the copy is that of the request, where the peer can read as of one.
   * @throws {StatusError} 800, 1100; {ImportError} `request_invalid`, `path_refused`, `peer_refused`, `peer_unavailable`
   */
  async submit(request: rootCoord.CopyRequest): Promise<CopyAnswer> {
    const { requests, allowed } = this.#deps;
    checkCollectionName(request.targetCollectionName);
    const { address = "", token } = request.from ?? {};
    const { place, secret } = peerPlaceOf({ address, token, dbName: request.dbName }, allowed);
    const earlier = requests.findEarlier(request);
    if (earlier !== undefined) return earlier;
    requests.checkOpenJobs();
    using peer = new MilvusPeer(place, secret, PEER_MESSAGE_BYTES);
    const source = await describePeerCollection(peer, request.collectionName);
    checkPullable(source, request);
    const id = jobId(await this.#deps.allocateId());
    const to = await requests.targetOf(request, request.targetDbName || "default");
    const readTs = await readTimestampOf(peer, source, request.filter);
    const planned = planForeignCollection(source, hiddenName(to, id));
    const made = await this.#recordOf(planned, to.dbName, request);
    const appended = to.ifExists === "append" ? to.existing : undefined;
    if (appended) checkAppendable(schemaOfRecord(made), appended);
    const spec = {
      ...checkedRows(request),
      ...pullSpec({ place, source, planned, target: appended ?? made, readTs }, request),
      ...shownAs(to),
    };
    if (appended) {
      const job = await this.#jobOf(id, appended, request, { ...spec, appends: true }, place, secret);
      return requests.recordAlone(job, request);
    }
    return requests.record(
      await this.#jobOf(id, { ...made, name: to.name }, request, spec, place, secret),
      made,
      request,
    );
  }

  async #recordOf(planned: ForeignPlan, dbName: string, request: rootCoord.CopyRequest): Promise<CollectionRecord> {
    const record = foreignCollection(planned, {
      dbName,
      ...{ firstId: await this.#deps.allocateIds(planned.idCount), createdTs: await this.#deps.allocateTs() },
      createdMs: this.#deps.now(),
    });
    if (request.withoutIndexes) return { ...record, indexes: [] };
    // What cannot be indexed cannot be loaded either; rows were read there, so it is loaded there.
    if (request.withoutLoad || planned.warnings.length > 0) return record;
    return { ...record, loaded: true, partitions: record.partitions.map((one) => ({ ...one, loaded: true })) };
  }

  async #jobOf(
    id: JobId,
    target: CollectionRecord,
    request: rootCoord.CopyRequest,
    spec: PullCopySpec,
    place: PeerPlace,
    secret: PeerSecret | undefined,
  ): Promise<JobRecord> {
    const sealed = secret && this.#deps.credentials.keep(id, { [PEER]: secret });
    return {
      ...newCopyJob(id, target, request, this.#deps.now()),
      ...{ spec, sources: [sourceOfPeer(place, secret)], ...(sealed !== undefined && { sealedCredentials: sealed }) },
      timestamp: await this.#deps.allocateTs(),
    };
  }
}

/** @throws {ImportError} `request_invalid` */
function checkPullable({ partitionNames, numPartitions, name }: PeerCollection, request: rootCoord.CopyRequest): void {
  const wanted = request.partitionNames;
  if (wanted.length > 0 && numPartitions > 0n)
    throw new ImportError("request_invalid", "a collection with a partition key is copied whole: name no partitions");
  const missing = wanted.find((partition) => !partitionNames.includes(partition));
  if (missing !== undefined)
    throw new ImportError(
      "request_invalid",
      `the collection "${excerpt(name)}" there has no partition "${excerpt(missing)}"`,
    );
}

/** Asks for one row, as pymilvus's iterator does; whether it may be read at all is found out by that. */
async function readTimestampOf(peer: MilvusPeer, { name, schema }: PeerCollection, filter: string): Promise<bigint> {
  const key = schema.fields.find(({ isPrimaryKey }) => isPrimaryKey)?.name ?? "";
  const rows = { collectionName: name, partitionName: "", filter, readTs: 0n };
  const params = { limit: "1", iterator: "True", reduce_stop_for_best: "True" };
  return (await peer.query(rows, [key], params)).sessionTs;
}

interface PulledCollection {
  readonly place: PeerPlace;
  readonly source: PeerCollection;
  readonly planned: ForeignPlan;
  readonly target: CollectionRecord;
  readonly readTs: bigint;
}

function pullSpec(
  { place, source, planned, target, readTs }: PulledCollection,
  { partitionNames, filter, withoutIndexes }: rootCoord.CopyRequest,
): PullCopySpec {
  const groups = target.hasPartitionKey
    ? [{ name: ALL_BY_KEY, targets: target.partitions.map(({ partitionId }) => partitionId) }]
    : groupsByName(partitionNames.length > 0 ? partitionNames : source.partitionNames, target);
  const moment = readTs > 0n ? "at one timestamp" : "at no fixed moment, which it cannot";
  return {
    ...{ direction: "in", peer: peerName(place), filter, readTs, options: [] },
    ...{ sourceDbName: place.dbName, sourceCollectionName: source.name },
    partitionNames: groups.map(({ name }) => name),
    targets: groups.map(({ targets }) => targets),
    strategy: {
      name: "rows",
      reason: `the objects of ${peerName(place)} are out of reach, so its rows are read, ${moment}`,
    },
    warnings: [...(withoutIndexes ? [] : planned.warnings), ...momentWarnings(readTs), ...ttlWarnings(target)],
  };
}

function groupsByName(names: readonly string[], target: CollectionRecord) {
  const ids = partitionsByName(names, target);
  return names.map((name, i) => ({ name, targets: [ids[i]] }));
}

function momentWarnings(readTs: bigint): string[] {
  if (readTs > 0n) return [];
  return [
    "the other service reads at no fixed moment: write nothing there until the copy has ended, which compares counts",
  ];
}

function ttlWarnings({ properties }: CollectionRecord): string[] {
  if (!new Map(properties).has("collection.ttl.seconds")) return [];
  return ["rows count anew from their copy on, by which they expire"];
}
