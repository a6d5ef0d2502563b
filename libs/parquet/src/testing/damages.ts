/** Mulberry32: the same damage in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A whole number from 0 on, less than `below`. */
export type Random = (below: number) => number;

/** Kinds of damage; each answers a changed copy. */
export const damages: Readonly<Record<string, (file: Uint8Array, random: Random) => Uint8Array>> = {
  "one bit": (file, random) => changed(file, (copy) => void (copy[random(copy.length)] ^= 1 << random(8))),
  "one byte": (file, random) => changed(file, (copy) => void (copy[random(copy.length)] = random(256))),
  "bytes of 0xff": (file, random) => changed(file, (copy) => void copy.fill(0xff, ...span(copy, random))),
  "random bytes": (file, random) =>
    changed(file, (copy) => {
      const [start, end] = span(copy, random);
      for (let i = start; i < end; i++) copy[i] = random(256);
    }),
  "a piece cut out": (file, random) => {
    const [start, end] = span(file, random);
    return Buffer.concat([file.subarray(0, start), file.subarray(end)]);
  },
  "the footer": (file, random) => changed(file, (copy) => void (copy[copy.length - 9 - random(600)] = random(256))),
  "a cut": (file, random) => file.slice(0, random(file.length)),
};

function changed(file: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = file.slice();
  change(copy);
  return copy;
}

function span(file: Uint8Array, random: Random): [number, number] {
  const start = random(file.length);
  return [start, Math.min(file.length, start + 1 + random(40))];
}
