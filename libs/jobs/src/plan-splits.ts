/** What is known of a source before its rows are read: see FileProbe of the formats. */
export interface SplitInput {
  readonly sizeBytes: number;
  /** Greatest position, in the unit of the range. */
  readonly extent: number;
  readonly cuts: readonly number[] | "anywhere" | "nowhere";
  /** Source bytes before each cut, parallel to listed cuts. */
  readonly cutBytes?: readonly number[];
}

/** What one task reads of a source. */
export interface Split {
  /** Half-open; undefined = the whole source. */
  readonly range: { readonly begin: number; readonly end: number } | undefined;
  readonly sizeBytes: number;
}

/**
 * Cuts a source into ranges of about `splitBytes`, all of nearly the same size. One that is not much larger stays whole:
 * half of it more is cheaper than a task more.
 */
export function planSplits(source: SplitInput, splitBytes: number): Split[] {
  const parts = Math.max(1, Math.round(source.sizeBytes / splitBytes));
  if (parts === 1 || source.cuts === "nowhere" || source.extent < 2)
    return [{ range: undefined, sizeBytes: source.sizeBytes }];
  if (source.cuts === "anywhere") return evenSplits(source, Math.min(parts, source.extent));
  return splitsAtCuts(source.cuts, source.cutBytes ?? evenBytes(source), parts);
}

function evenSplits({ extent, sizeBytes }: SplitInput, parts: number): Split[] {
  return Array.from({ length: parts }, (_, i) => {
    const begin = Math.floor((extent * i) / parts);
    const end = Math.floor((extent * (i + 1)) / parts);
    return { range: { begin, end }, sizeBytes: Math.round((sizeBytes * (end - begin)) / extent) };
  });
}

/** Takes, for each ideal border, the first cut at or behind it. */
function splitsAtCuts(cuts: readonly number[], cutBytes: readonly number[], parts: number): Split[] {
  const total = cutBytes[cutBytes.length - 1];
  const splits: Split[] = [];
  let from = 0;
  for (let part = 1; part <= parts && from < cuts.length - 1; part++) {
    let to = from + 1;
    while (to < cuts.length - 1 && cutBytes[to] < (total * part) / parts) to++;
    if (part === parts) to = cuts.length - 1;
    splits.push({ range: { begin: cuts[from], end: cuts[to] }, sizeBytes: cutBytes[to] - cutBytes[from] });
    from = to;
  }
  return splits;
}

function evenBytes({ cuts, extent, sizeBytes }: SplitInput): number[] {
  return (cuts as readonly number[]).map((cut) => (sizeBytes * cut) / extent);
}
