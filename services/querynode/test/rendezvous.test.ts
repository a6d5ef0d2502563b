import { expect, it } from "@jest/globals";
import { homeOf } from "../src/nodes/rendezvous.ts";

const nodes = Array.from({ length: 5 }, (_, i) => ({ node: `node-${i}` }));
const segments = Array.from({ length: 5000 }, (_, i) => String(449_000_000_000_000_000n + BigInt(i)));
const homes = (among: readonly { node: string }[]) => segments.map((segment) => homeOf(segment, among).node);

it("each node gets about as many segments as every other", () => {
  const counts = Map.groupBy(homes(nodes), (home) => home);
  for (const { node } of nodes) expect(Math.abs((counts.get(node)?.length ?? 0) - 1000)).toBeLessThan(150);
});

it("when a node goes, only what fell to it moves, whatever the order of the nodes", () => {
  const before = homes(nodes);
  const after = homes([...nodes.slice(0, 2), ...nodes.slice(3)].reverse());
  for (const [i, home] of before.entries()) if (home !== "node-2") expect(after[i]).toBe(home);
  expect(after).not.toContain("node-2");
});
