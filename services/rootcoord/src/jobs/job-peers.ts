import type { JobRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { BroughtSource } from "@sluice/jobs";
import { MilvusPeer, type PeerPlace, type PeerSecret } from "@sluice/peer";
import type { JobCredentials } from "./job-credentials.ts";

/** The name of the other service among the sources of a job, and of its credentials. */
export const PEER = "peer";
/** Stands for all partitions of a partition key, of which none can be read by itself. */
export const ALL_BY_KEY = "*";
/** Counts and descriptions are small. */
export const PEER_MESSAGE_BYTES = 16 << 20;

/** The other service as the record of a job has it. */
export function sourceOfPeer(place: PeerPlace, secret: PeerSecret | undefined): BroughtSource {
  return { name: PEER, isDefault: false, kind: "milvus", options: place, ...(secret && { secret: PEER }) };
}

/** The other service of a recorded job. @throws {ImportError} `job_failed` when its credentials are lost */
export function openPeerOf(job: JobRecord, credentials: JobCredentials): MilvusPeer {
  const source = peerSourceOf(job);
  const secrets = credentials.of(job);
  return new MilvusPeer(source.options as PeerPlace, secrets[PEER] as PeerSecret | undefined, PEER_MESSAGE_BYTES);
}

/**
 * What a copy was told of the other service, without credentials. @throws {ImportError} `internal` for a job that has
 * none
 */
export function peerSourceOf({ sources = [], jobId }: JobRecord): BroughtSource {
  const source = sources.find(({ name }) => name === PEER);
  if (source) return source;
  throw new ImportError("internal", `job ${jobId} names no other service`);
}
