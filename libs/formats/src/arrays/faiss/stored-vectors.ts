import type { RowsInLists } from "./inverted-lists.ts";

/** What a FAISS index keeps of its vectors. */
export interface StoredVectors {
  /** Components; of binary vectors bits. */
  readonly dim: number;
  readonly rowCount: number;
  readonly isBinary: boolean;
  /** Source: `MetricType`. Of binary vectors always Hamming. */
  readonly metric: number;
  readonly codes: VectorCodes;
  /** Where the vectors lie: one after the other from an offset on, or in lists. */
  readonly place: number | RowsInLists;
  /** Ids of the rows: their positions, those in the lists, or a table of them at an offset. */
  readonly ids: RowIds;
}

/** Where the id of each row stands. */
export type RowIds =
  | { readonly kind: "position" }
  | { readonly kind: "lists"; readonly lists: RowsInLists }
  | { readonly kind: "table"; readonly offset: number }
  /** A table that the ids in the lists are positions in. */
  | { readonly kind: "mapped"; readonly lists: RowsInLists; readonly offset: number };

/** How the bytes of a vector are meant. */
export type VectorCodes =
  | { readonly kind: "exact" }
  | { readonly kind: "scalar"; readonly quantizer: ScalarQuantizer }
  /** Nothing that vectors could be made of; the words name it. */
  | { readonly kind: "none"; readonly what: string };

/** Source: `ScalarQuantizer`. */
export interface ScalarQuantizer {
  readonly type: number;
  readonly codeBytes: number;
  /** What was learned of the components: least values and spans. */
  readonly trained: Float32Array;
}
