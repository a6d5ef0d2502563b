import { createHash } from "node:crypto";
import { okStatus, type queryNode } from "@sluice/rpc";
import type { Shares } from "./shares.ts";

/** Which querynode reads which of these segments, as of now. */
export function sharesMessage(shares: Shares, segmentIds: readonly bigint[]): queryNode.GetSharesResponse {
  const nodes = [...shares.sharesOf(segmentIds.map(String))].map(([node, share]) => ({
    nodeId: nodeIdOf(node),
    segmentIds: share.map(BigInt),
  }));
  return { status: okStatus(), nodes };
}

/** Clients know nodes by numbers: one of 48 bits, the same from whichever node it is asked, and exact in JavaScript. */
function nodeIdOf(node: string): bigint {
  return BigInt(createHash("sha256").update(node).digest().readUIntBE(0, 6));
}
