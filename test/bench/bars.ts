/** What is drawn: a rate of some work. */
interface Bar {
  readonly work: string;
  readonly what: string;
  readonly rowsPerSecond?: number;
}

const WIDTH = 840;
const LABELS = 330;
const ROW = 18;
const HEAD = 24;
const COLORS = { ours: "#1f6feb", limit: "#8c959f", others: "#d29922" } as const;

/** Rows a second as bars, grouped by work, the longest of each group at full width: ours blue, limits grey. Empty without rates. */
export function barsOf(figures: readonly Bar[]): string {
  const groups = Map.groupBy(
    figures.filter(({ rowsPerSecond }) => rowsPerSecond !== undefined),
    ({ work }) => work,
  );
  let y = 8;
  const body = [...groups].map(([work, bars]) => {
    const drawn = groupOf(work, bars, y);
    y += HEAD + ROW * bars.length + 10;
    return drawn;
  });
  if (body.length === 0) return "";
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="11"><title>Rows a second</title><rect width="100%" height="100%" fill="#ffffff"/>\n${body.join("\n")}\n</svg>\n`;
}

function groupOf(work: string, bars: readonly Bar[], top: number): string {
  const most = Math.max(...bars.map(({ rowsPerSecond = 0 }) => rowsPerSecond));
  const lines = bars.map(({ what, rowsPerSecond = 0 }, i) => {
    const y = top + HEAD + i * ROW;
    const width = Math.max(1, (rowsPerSecond / most) * (WIDTH - LABELS - 90));
    const kind =
      what.startsWith("Sluice") || what === "this build" ? "ours" : what.startsWith("limit") ? "limit" : "others";
    return `${text(LABELS - 8, y + 11, what, "end")}<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="13" fill="${COLORS[kind]}"/>${text(LABELS + width + 6, y + 11, compact(rowsPerSecond), "start")}`;
  });
  return `${text(8, top + 14, work, "start", ' font-weight="bold"')}${lines.join("")}`;
}

function text(x: number, y: number, content: string, anchor: string, more = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="#24292f"${more}>${escaped}</text>`;
}

function compact(rowsPerSecond: number): string {
  return rowsPerSecond >= 1e6 ? `${(rowsPerSecond / 1e6).toFixed(2)} M/s` : `${Math.round(rowsPerSecond / 1000)} k/s`;
}
