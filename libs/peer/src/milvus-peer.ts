import { lookup } from "node:dns/promises";
import { excerpt, ImportError, type StatusError, statusCodes } from "@sluice/errors";
import { type QueryAnswer, splitQueryAnswer } from "@sluice/fields";
import { AddressRefused, ReachableAddresses } from "@sluice/object-store";
import {
  type CallSettings,
  type Client,
  checkStatus,
  connectClient,
  type Endpoint,
  milvus,
  RawMilvusClient,
} from "@sluice/rpc";
import { type PeerPlace, type PeerSecret, peerName } from "./peer-place.ts";

/** A peer that does not answer is away: who waits for it is told soon, and tasks wait without holding a worker. */
const DEADLINE_MS = 8000;
/** A query of a peer may take long. */
const QUERY_DEADLINE_MS = 120_000;
/**
 * What passes by itself: not ready, memory or disk short, too many calls, a node that is gone. Source: Milvus `pkg/util/merr`.
 */
const PASSING: ReadonlySet<number> = new Set([1, 2, 3, 7, 8, 12, 503, 901, 904]);

/** Rows of a peer, before they are narrowed down to some keys. */
export interface PeerRows {
  readonly collectionName: string;
  /** "" = all. */
  readonly partitionName: string;
  /** Expression; "" = all. */
  readonly filter: string;
  /** Hybrid, by the peer's clock: rows are those of then where the peer can read so; 0 = newest. */
  readonly readTs: bigint;
}

/** A connection to another service. Calls throw `peer_unavailable` for what passes, else `peer_refused` with the peer's words. */
export class MilvusPeer implements Disposable {
  readonly place: PeerPlace;
  readonly #client: Client<RawMilvusClient>;

  /** @param maxMessageBytes of an answer */
  constructor(place: PeerPlace, secret: PeerSecret | undefined, maxMessageBytes: number) {
    const headers = {
      dbname: place.dbName,
      ...(secret && { authorization: Buffer.from(secret.token).toString("base64") }),
    };
    this.place = place;
    const settings = { maxMessageBytes, serverName: place.address, deadlineMs: DEADLINE_MS };
    this.#client = connectClient(RawMilvusClient, () => addressOf(place), headers, settings);
  }

  /** Makes a call whose answer has a status, or is one. */
  async call<R>(what: string, make: (client: Client<RawMilvusClient>) => Promise<R>): Promise<R> {
    try {
      const answer = await make(this.#client);
      const { status = answer } = answer as { status?: object };
      checkStatus(status as Parameters<typeof checkStatus>[0]);
      return answer;
    } catch (error) {
      throw peerError(this.place, what, error);
    }
  }

  /** @param params besides; an answer that would be larger than a message may be is `TooLarge` */
  async query(
    { collectionName, partitionName, filter, readTs }: PeerRows,
    outputFields: readonly string[],
    params: Readonly<Record<string, string>>,
    settings: CallSettings = {},
  ): Promise<QueryAnswer> {
    const request = milvus.QueryRequest.fromPartial({
      ...{ dbName: this.place.dbName, collectionName, expr: filter, outputFields: [...outputFields] },
      ...{ partitionNames: partitionName === "" ? [] : [partitionName], guaranteeTimestamp: readTs },
      queryParams: Object.entries(params).map(([key, value]) => ({ key, value })),
    });
    try {
      const answer = splitQueryAnswer(
        await this.#client.query(request, { deadlineMs: QUERY_DEADLINE_MS, ...settings }),
      );
      checkStatus(answer.status);
      return answer;
    } catch (error) {
      settings.signal?.throwIfAborted();
      if (isTooLarge(error)) throw new TooLarge((error as Error).message);
      throw peerError(this.place, `a query of ${excerpt(collectionName)}`, error);
    }
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

/** An answer is larger than a message may be, ours or the peer's: fewer rows may fit. */
export class TooLarge extends Error {}

function isTooLarge(error: unknown): boolean {
  const { code, message } = error as StatusError;
  return code === statusCodes.parameterTooLarge || /larger than max|maxOutputSize|ResourceExhausted/i.test(message);
}

const NEVER = new AbortController().signal;

/** How many rows there are. */
export async function countRows(peer: MilvusPeer, rows: PeerRows, settings?: CallSettings): Promise<number> {
  // Only iterators read as of a moment.
  const params: Record<string, string> = rows.readTs > 0n ? { iterator: "True" } : {};
  const { fields } = await peer.query(rows, ["count(*)"], params, settings);
  const count = fields[0]?.integers();
  if (count?.length !== 1) throw new ImportError("peer_refused", `${peerName(peer.place)} does not answer count(*)`);
  return Number(count[0]);
}

/** What is connected to is what was looked at, whatever a name server says next. */
async function addressOf({ address, tls, reachable }: PeerPlace): Promise<Endpoint> {
  const { hostname, port } = new URL(`http://${address}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  const addresses = new ReachableAddresses(reachable);
  addresses.check(host);
  const found = await lookup(host, { all: true });
  if (found.some((one) => !addresses.has(one.address))) throw new AddressRefused(host, "data-source-endpoint");
  const [{ address: ip, family }] = found;
  // Asked for each call, which then says why there is no connection instead of waiting for one.
  return { address: `${tls ? "https://" : ""}${family === 6 ? `[${ip}]` : ip}:${port || "80"}`, gone: NEVER };
}

/** In the peer's words; what it has no code for is refused. */
export function peerError(place: PeerPlace, what: string, error: unknown): ImportError {
  if (error instanceof ImportError && (error.code === "peer_refused" || error.code === "peer_unavailable"))
    return error;
  const { code, message } = error as { code?: number | string; message: string };
  const passes = typeof code === "number" ? PASSING.has(code) : code === "EAI_AGAIN";
  const words = typeof code === "number" ? `${message} (code ${code})` : message;
  const reason = `${peerName(place)}: ${what}: ${words}`;
  return new ImportError(passes ? "peer_unavailable" : "peer_refused", reason, undefined, { cause: error });
}
