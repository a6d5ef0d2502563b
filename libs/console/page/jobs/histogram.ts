/** A bar of a histogram: how many lie in its range, and how high it stands, of 1. */
export interface HistogramBar {
  readonly label: string;
  readonly count: number;
  readonly height: number;
}

interface NormBin {
  /** Norms from it to twice that. */
  readonly from: number;
  readonly vectors: number;
}

/** Bars of norms, one for each power of two between the least and the greatest, empty ones too, so that gaps are seen. */
export function normBars(bins: readonly NormBin[]): HistogramBar[] {
  if (bins.length === 0) return [];
  const counts = new Map(bins.map(({ from, vectors }) => [Math.round(Math.log2(from)), vectors]));
  const powers = [...counts.keys()];
  const [least, greatest, most] = [Math.min(...powers), Math.max(...powers), Math.max(...counts.values())];
  return Array.from({ length: greatest - least + 1 }, (_, i) => {
    const count = counts.get(least + i) ?? 0;
    return {
      label: `${numberText(2 ** (least + i))} to ${numberText(2 ** (least + i + 1))}`,
      count,
      height: count / most,
    };
  });
}

/** Powers of two, as short as they can be told apart. */
function numberText(value: number): string {
  return value >= 1 && value < 1e6 ? String(value) : String(Number(value.toPrecision(3)));
}
