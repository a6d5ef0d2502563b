/** Kinds of indexes that keep no vectors, or not such as were put in, by how their codes begin. */
const kinds: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^null$/, "it was saved without the vectors"],
  [
    /^IxPT$/,
    "it holds transformed vectors (PreTransform); import the vectors from before, or those of its inner index written by itself",
  ],
  [/^(IvFl|IvFL)$/, "it is an IVF index as FAISS wrote it before 2018: read and write it with a newer version"],
  [
    /^(IxFP|IxFp|IwPn|IwP2|IHfP|IxRP|ilpn|ilp2)$/,
    "its vectors are interleaved (Panorama): write it as a plain Flat index",
  ],
  [/^(IHNc|IHc2)$/, "a graph of CAGRA is not read: write its storage by itself"],
  [/^(ISV|ILV|ISI)/, "an index of SVS is not read: write the vectors as a Flat index"],
  [/^IB/, "this kind of binary index keeps no vectors that are read: write them as BinaryFlat"],
  [
    /^(IwSQ|IwQR|IwPf|IPfs|IHN2|Ix2L|IxRq|IxLS|IxPR|IxPL|IwRQ|IwLS|IwPR|IwPL|IRfs|ILfs|Ixrq|Iwrq|IxEe|IxHe|IxLa)/,
    "it keeps approximations, from which vectors cannot be got back",
  ],
];

/** Why an index of a kind that FAISS has is not read; undefined for a code that is none of FAISS's. */
export function unreadIndexes(fourcc: string): string | undefined {
  const found = kinds.find(([pattern]) => pattern.test(fourcc));
  if (found) return `'${fourcc}': ${found[1]}`;
  return /^I[A-Za-z0-9]{3}$/.test(fourcc)
    ? `'${fourcc}' is a kind of index that is not read: write the vectors as a Flat index`
    : undefined;
}
