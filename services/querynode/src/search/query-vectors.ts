/** `count * dim` numbers: of every dense type with numbers for elements. */
export interface FloatVectors {
  readonly kind: "floats";
  readonly count: number;
  readonly values: Float32Array;
}

/** Vectors that are searched for, one a query. */
export type PlainVectors =
  | FloatVectors
  | { readonly kind: "bits"; readonly count: number; readonly values: readonly Uint8Array[] }
  /** Pairs of index and value, ascending by index. */
  | { readonly kind: "sparse"; readonly count: number; readonly values: readonly SparseQuery[] };

/** Queries of several vectors each, for rows that have lists of them. */
export interface ListVectors {
  readonly kind: "lists";
  readonly count: number;
  /** Where the vectors of each query end. */
  readonly ends: Uint32Array;
  readonly vectors: PlainVectors;
}

/** What is searched for: one vector a query, or a list of them. */
export type QueryVectors = PlainVectors | ListVectors;

/** Vectors that each row's are compared with. */
export function vectorCount(queries: QueryVectors): number {
  return queries.kind === "lists" ? queries.vectors.count : queries.count;
}

/** Parallel: of each term or index its value. */
export interface SparseQuery {
  readonly indices: Uint32Array;
  readonly values: Float32Array | Float64Array;
}

const SHARED_FROM_BYTES = 64 << 10;

/** The same in memory that threads share, where it is worth it: each task brings the vectors along. */
export function shareable<Q extends QueryVectors>(queries: Q): Q;
export function shareable(queries: QueryVectors): QueryVectors {
  if (queries.kind === "lists") return { ...queries, vectors: shareable(queries.vectors) };
  if (queries.kind !== "floats" || queries.values.byteLength < SHARED_FROM_BYTES) return queries;
  const values = new Float32Array(new SharedArrayBuffer(queries.values.byteLength));
  values.set(queries.values);
  return { ...queries, values };
}
