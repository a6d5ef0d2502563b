const byteUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
  tb: 2 ** 40,
};

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes of `64MB`, `1.5 GiB`, `4096`. Units count by 1024, written with or without the `i`. Undefined for other text. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b|[kmgt])?$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = (match[2] ?? "").toLowerCase().replace("i", "");
  const bytes = Number(match[1]) * byteUnits[/^[kmgt]$/.test(unit) ? `${unit}b` : unit];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Milliseconds of `500ms`, `30s`, `5m`, `1.5h`, `7d`, or 0. A number without unit is refused: it could mean anything. */
export function parseDuration(text: string): number | undefined {
  if (text.trim() === "0") return 0;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const ms = Number(match[1]) * durationUnits[match[2]];
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The inverse of `parseBytes`, in the largest unit that gives a whole number. */
export function formatBytes(bytes: number): string {
  const unit = ["tb", "gb", "mb", "kb"].find((name) => bytes > 0 && bytes % byteUnits[name] === 0) ?? "b";
  return `${bytes / byteUnits[unit]}${unit.toUpperCase()}`;
}

/** The inverse of `parseDuration`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0";
  const unit = ["d", "h", "m", "s"].find((name) => ms % durationUnits[name] === 0) ?? "ms";
  return `${ms / durationUnits[unit]}${unit}`;
}
