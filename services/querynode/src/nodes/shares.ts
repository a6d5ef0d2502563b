import { forEachConcurrent } from "@sluice/async";
import { StatusError, statusCodes } from "@sluice/errors";
import type { Address, CallSettings, Client, Endpoint, segmentReader } from "@sluice/rpc";
import { homeOf } from "./rendezvous.ts";

/** As long as a query may take. */
const READ_DEADLINE_MS = 300_000;

/** A querynode that lives. */
export interface LivingNode extends Endpoint {
  /** Told apart from every other one, also of the same address. */
  readonly node: string;
}

/** The querynodes of the cluster. */
export interface Nodes {
  /** The `node` of this one. */
  readonly self: string;
  /** Asked at each read. This node need not be among them. */
  living(): readonly LivingNode[];
}

/** Another querynode, as who answers a call reads its segments. */
export type ReaderNode = Client<segmentReader.SegmentReaderClient>;

/** Of a call to another querynode: it fails at once where that is away. */
export function readCall(signal: AbortSignal): CallSettings {
  return { deadlineMs: READ_DEADLINE_MS, isOnce: true, signal };
}

/** How this node reads what falls to it, and how another one is asked for what falls to that. */
export interface ShareReads<T> {
  own(share: readonly T[], signal: AbortSignal): Promise<void>;
  /** Must change nothing before the node has answered: a share may be read again, elsewhere. */
  other(node: ReaderNode, share: readonly T[], signal: AbortSignal): Promise<void>;
}

// R1. Each segment falls to one living querynode, by its id alone: nodes together keep what one would keep, and what a
//     node has read serves whoever is asked.
// R2. A node that does not answer costs a retry, not an error: its share falls to those that are left, this one at last.

/** Shares reads among the querynodes that live. */
export class Shares implements Disposable {
  readonly #nodes: Nodes;
  readonly #connect: (address: Address) => ReaderNode;
  readonly #clients = new Map<string, ReaderNode>();

  constructor(nodes: Nodes, connect: (address: Address) => ReaderNode) {
    this.#nodes = nodes;
    this.#connect = connect;
  }

  /** Reads all of `things`, at once on all nodes. The first failure that is no node's absence ends the others. */
  async each<T>(
    things: readonly T[],
    nameOf: (thing: T) => string,
    reads: ShareReads<T>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#spread(things, nameOf, reads, signal, this.#living());
  }

  /** The nodes that something falls to, if the first ones should be away. `undefined` is this one. */
  homesOf(thing: string, count: number): (ReaderNode | undefined)[] {
    let left = this.#living();
    const homes: (ReaderNode | undefined)[] = [];
    while (homes.length < count && left.length > 0) {
      const home = homeOf(thing, left);
      homes.push(home.node === this.#nodes.self ? undefined : this.#clientOf(home as LivingNode));
      left = left.filter(({ node }) => node !== home.node);
    }
    return homes;
  }

  /** What falls to each node that lives, by its `node`. */
  sharesOf(things: readonly string[]): Map<string, string[]> {
    const living = this.#living();
    const shares = new Map<string, string[]>(living.map(({ node }) => [node, []]));
    for (const thing of things) shares.get(homeOf(thing, living).node)?.push(thing);
    return shares;
  }

  async #spread<T>(
    things: readonly T[],
    nameOf: (thing: T) => string,
    reads: ShareReads<T>,
    signal: AbortSignal,
    living: readonly Candidate[],
  ): Promise<void> {
    const shares = Map.groupBy(things, (thing) => homeOf(nameOf(thing), living));
    const read = async ([home, share]: [Candidate, T[]], leaving: AbortSignal) => {
      const ending = AbortSignal.any([signal, leaving]);
      if (!("gone" in home)) return reads.own(share, ending);
      try {
        await reads.other(this.#clientOf(home), share, ending);
      } catch (error) {
        if (ending.aborted || !isAbsence(error)) throw error;
        const left = living.filter(({ node }) => node !== home.node);
        await this.#spread(share, nameOf, reads, ending, left);
      }
    };
    await forEachConcurrent(shares, Math.max(1, shares.size), read);
  }

  /** This node and the others. */
  #living(): readonly Candidate[] {
    const { self } = this.#nodes;
    return [{ node: self }, ...this.#nodes.living().filter(({ node }) => node !== self)];
  }

  #clientOf({ node, address, gone }: LivingNode): ReaderNode {
    const known = this.#clients.get(node);
    if (known) return known;
    const client = this.#connect(async () => ({ address, gone }));
    const forget = () => {
      this.#clients.delete(node);
      client[Symbol.dispose]();
    };
    this.#clients.set(node, client);
    gone.addEventListener("abort", forget, { once: true });
    if (gone.aborted) forget();
    return client;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
  }
}

/** This node, of which nothing but its name is needed, or another one. */
type Candidate = { readonly node: string } | LivingNode;

/** What gRPC itself reports, or its client when the node has just gone; refusals come as the Status of an answer. */
function isAbsence(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  const { cause } = error as { cause?: { metadata?: unknown } };
  return error.code === statusCodes.notReady || cause?.metadata !== undefined;
}
