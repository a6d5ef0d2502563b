/** A line of a plot: a value for each x. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
  /** Dashed: what would be ideal. */
  readonly isIdeal?: boolean;
}

/** Lines over common values of x; each series is parallel to `xs`. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly xs: readonly number[];
  readonly unit: string;
  readonly series: readonly Series[];
}

const WIDTH = 420;
const HEIGHT = 260;
const MARGIN = { left: 62, right: 16, top: 34, bottom: 62 };
const colors = ["#1f6feb", "#d29922", "#2da44e", "#cf222e", "#8250df"];

/** Charts side by side in one SVG, readable on light and dark pages. */
export function svgOf(charts: readonly Chart[]): string {
  const width = WIDTH * charts.length;
  const body = charts.map((chart, i) => `<g transform="translate(${i * WIDTH} 0)">${chartOf(chart)}</g>`).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" font-family="sans-serif" font-size="11"><title>${charts.map(({ title }) => title).join(", ")}</title><rect width="100%" height="100%" fill="#ffffff"/>\n${body}\n</svg>\n`;
}

function chartOf({ title, xLabel, xs, unit, series }: Chart): string {
  const top = niceTop(Math.max(...series.flatMap(({ values }) => values), 1e-9));
  const x = (i: number) =>
    MARGIN.left + (xs.length === 1 ? 0.5 : i / (xs.length - 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) => HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * top);
  return [
    text(WIDTH / 2, 18, title, "middle", 'font-weight="bold"'),
    ...ticks.map((tick) => line(MARGIN.left, y(tick), WIDTH - MARGIN.right, y(tick), "#d0d7de")),
    ...ticks.map((tick) => text(MARGIN.left - 6, y(tick) + 4, compact(tick), "end")),
    ...xs.map((value, i) => text(x(i), HEIGHT - MARGIN.bottom + 16, String(value), "middle")),
    text(WIDTH / 2, HEIGHT - MARGIN.bottom + 32, `${xLabel} (${unit})`, "middle"),
    ...series.map((entry, i) => seriesOf(entry, i, x, y)),
  ].join("");
}

function seriesOf(
  { name, values, isIdeal }: Series,
  index: number,
  x: (i: number) => number,
  y: (value: number) => number,
): string {
  const color = isIdeal ? "#8c959f" : colors[index % colors.length];
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const dash = isIdeal ? ' stroke-dasharray="5 4"' : "";
  const dots = isIdeal
    ? ""
    : values
        .map((value, i) => `<circle cx="${x(i).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3" fill="${color}"/>`)
        .join("");
  const legend = text(MARGIN.left + index * 88, HEIGHT - 8, name, "start", `fill="${color}"`);
  return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"${dash}/>${dots}${legend}`;
}

function line(x1: number, y1: number, x2: number, y2: number, color: string): string {
  return `<line x1="${x1}" y1="${y1.toFixed(1)}" x2="${x2}" y2="${y2.toFixed(1)}" stroke="${color}"/>`;
}

function text(x: number, y: number, content: string, anchor: string, more = 'fill="#24292f"'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" ${more}>${content}</text>`;
}

/** 1, 2 or 5 times a power of ten, not below the value. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function compact(value: number): string {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)} M`;
  if (value >= 1e3) return `${+(value / 1e3).toFixed(2)} k`;
  return String(+value.toFixed(2));
}
