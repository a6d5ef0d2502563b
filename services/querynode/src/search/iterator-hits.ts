import { StatusError } from "@sluice/errors";
import { okStatus, type segmentReader } from "@sluice/rpc";
import { present } from "../nodes/gone.ts";
import { type ReaderNode, readCall, type Shares } from "../nodes/shares.ts";
import { hitMessage, hitOf, type LastHit } from "./last-hit.ts";

/** Iterators whose last hit is remembered. */
const MAX_ITERATORS = 10_000;
/** Nodes that remember a hit: one of them may die between two pages. */
const COPIES = 2;

/** The last hits of iterators, whose pages any node may answer. An iterator falls to nodes by its token, as segments do. */
export class IteratorHits {
  readonly #shares: Shares;
  readonly #hits = new Map<string, LastHit>();

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** On the nodes that the token falls to; one that does not answer is passed over. */
  async remember(token: string, hit: LastHit, signal: AbortSignal): Promise<void> {
    const message = hitMessage(token, hit);
    const homes = this.#shares.homesOf(token, COPIES);
    const tell = (node: ReaderNode) => known(async () => void (await node.rememberHit(message, readCall(signal))));
    await Promise.all(homes.map((node) => (node ? tell(node) : this.keep(token, hit))));
  }

  /** The last hit, which has the score that the client says; without its key where all nodes that knew it are gone. */
  async recall(token: string, given: number, signal: AbortSignal): Promise<LastHit> {
    const score = Math.fround(given);
    for (const node of this.#shares.homesOf(token, COPIES)) {
      const ask = async () => hitOf(present((await node?.recallHit({ token }, readCall(signal))) ?? this.find(token)));
      const hit = await known(ask);
      if (hit?.key !== undefined && Math.fround(hit.score) === score) return hit;
    }
    return { score };
  }

  /** On this node. */
  keep(token: string, hit: LastHit): void {
    this.#hits.delete(token);
    this.#hits.set(token, hit);
    for (const oldest of this.#hits.keys()) {
      if (this.#hits.size <= MAX_ITERATORS) break;
      this.#hits.delete(oldest);
    }
  }

  /** What this node knows. */
  find(token: string): segmentReader.IteratorHit {
    return { ...hitMessage(token, this.#hits.get(token) ?? { score: 0 }), status: okStatus() };
  }
}

/** Nothing where a node is away: another one knows it, too. */
async function known<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}
