import { Serial } from "@sluice/async";
import type { Client } from "./client.ts";
import type { RootCoordClient } from "./root-coord-client.ts";
import { checkStatus } from "./status.ts";

/** Ids are asked for in blocks: small requests are served from memory. */
const BLOCK_IDS = 4096;

/** Ids of the cluster: answers the first of so many in a row, which nobody else gets. */
export function idSource(root: Client<RootCoordClient>): (count: number) => Promise<bigint> {
  let next = 0n;
  let end = 0n;
  const turns = new Serial();
  const take = async (count: number): Promise<bigint> => {
    if (end - next < BigInt(count)) {
      const size = BigInt(Math.max(count, BLOCK_IDS));
      const response = await root.allocIds({ count: size });
      checkStatus(response.status);
      next = response.first;
      end = next + size;
    }
    const first = next;
    next += BigInt(count);
    return first;
  };
  return (count) => turns.run(() => take(count));
}
