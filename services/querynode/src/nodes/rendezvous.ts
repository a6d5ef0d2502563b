/**
 * The node that a thing falls to: the one whose hash with it is the greatest. When a node comes or goes only what falls to it
 * moves, the same for everybody who knows the same nodes, in whatever order. Source: Thaler and Ravishankar, rendezvous hashing.
 * @param nodes at least one
 */
export function homeOf<N extends { readonly node: string }>(thing: string, nodes: readonly N[]): N {
  let [home, most] = [nodes[0], -1];
  if (nodes.length === 1) return home;
  for (const one of nodes) {
    const weight = hash(`${one.node}/${thing}`);
    // Two hashes may be equal: then names decide.
    if (weight > most || (weight === most && one.node > home.node)) [home, most] = [one, weight];
  }
  return home;
}

/** FNV-1a, mixed as in MurmurHash3: alone it hardly differs for texts that differ at their ends. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
