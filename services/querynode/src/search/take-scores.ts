/** Takes the scores of some rows: `scores[i]` is that of `rows[first + i]` with query vector `query`; NaN: it has none. */
export type TakeScores = (query: number, first: number, count: number, scores: Float64Array) => void;
