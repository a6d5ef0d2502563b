import { minHashes } from "./gen/min-hashes.ts";
import { instantiate } from "./web-assembly.ts";

interface Kernel {
  readonly begin: (secret: number) => void;
  readonly lower: (
    ...args: [spans: number, count: number, permutations: number, hashes: number, out: number, isSha1: number]
  ) => void;
}

/** XXH3's own, for callers that bring none. Source: xxHash's specification. */
const SECRET = Buffer.from(
  "uP5sOSOkS758AYEs9yGtHN7UbemDkJfbckCkpLezZx/LeeZOzMDleIJa0H3M/3IhuAhGdPdDJI7gNZDmgTomTDwoUruRwwDLiNBlixtTLqNxZEiXog35TjgZ70ap3qzYqPp2P+OcND/53LvHxwtPHYpR4EvNtFkxyJ9+ydl4c2TqxayDNNPrw8WBoP/6E2PrFw3dUbfw2knTFlUmKdRonisWvlh9R6H8j/i40XrQMc5FyzqPlRYEKK/X+8q7S0B+",
  "base64",
);
const SECRET_AT = 1024;
const PERMUTATIONS = 2048;

/** Signatures of sets of shingles: of each permutation the least value. Memory of its own, which grows with the longest text. */
export class MinHasher {
  readonly #permutations: BigUint64Array;
  readonly #isSha1: boolean;
  #kernel: Kernel | undefined;
  #memory = new ArrayBuffer(0);
  #maxBytes = 0;
  #maxShingles = 0;
  #text = 0;
  #spans = 0;
  #out = 0;

  /** @param permutations pairs of factor and summand, one for each hash of a signature */
  constructor(permutations: BigUint64Array, isSha1: boolean) {
    this.#permutations = permutations;
    this.#isSha1 = isSha1;
  }

  /** Numbers of one signature. */
  get hashes(): number {
    return this.#permutations.length / 2;
  }

  /** Makes room for one text, which is written to `text`, and its shingles. Views from before are not to be used any more. */
  reserve(bytes: number, shingles: number): { readonly text: Uint8Array; readonly spans: Uint32Array } {
    if (bytes > this.#maxBytes || shingles > this.#maxShingles) this.#grow(bytes, shingles);
    return {
      text: new Uint8Array(this.#memory, this.#text, bytes),
      spans: new Uint32Array(this.#memory, this.#spans, 2 * shingles),
    };
  }

  #grow(bytes: number, shingles: number): void {
    this.#maxBytes = Math.max(4096, 2 * this.#maxBytes, bytes);
    this.#maxShingles = Math.max(4096, 2 * this.#maxShingles, shingles);
    this.#out = PERMUTATIONS + this.#permutations.byteLength;
    this.#spans = this.#out + 4 * this.hashes;
    this.#text = this.#spans + 8 * this.#maxShingles;
    const { functions, memory } = instantiate<Kernel>(minHashes, Math.ceil((this.#text + this.#maxBytes + 8) / 65_536));
    this.#memory = memory;
    new Uint8Array(memory, SECRET_AT, SECRET.length).set(SECRET);
    new BigUint64Array(memory, PERMUTATIONS, this.#permutations.length).set(this.#permutations);
    functions.begin(SECRET_AT);
    this.#kernel = functions;
  }

  /**
   * The signature of a set without shingles, which is all ones: `add` lowers it. Valid until the next call.
   * @param count of the spans of the last `reserve`, half-open, in bytes of its text
   */
  begin(count: number): Uint8Array {
    const spans = new Uint32Array(this.#memory, this.#spans, 2 * count);
    for (let i = 0; i < spans.length; i++) spans[i] += this.#text;
    return new Uint8Array(this.#memory, this.#out, 4 * this.hashes).fill(0xff);
  }

  /** Shingles `[first, end)` of those that `begin` was told of. The order makes no difference. */
  add(first: number, end: number): void {
    const spans = this.#spans + 8 * first;
    this.#kernel?.lower(spans, end - first, PERMUTATIONS, this.hashes, this.#out, this.#isSha1 ? 1 : 0);
  }
}
