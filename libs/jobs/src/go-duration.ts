import { ImportError } from "@sluice/errors";

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration such as `300s`, `1.5h`, `1h45m`. Source: Go `time.ParseDuration`. */
export function parseGoDuration(text: string): number {
  const parts = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)
    ? text.matchAll(/([\d.]+)([a-zµμ]+)/g)
    : undefined;
  let total = 0;
  for (const [, amount, unit] of parts ?? []) total += Number(amount) * unitMs[unit];
  if (!parts || !Number.isFinite(total) || total <= 0) {
    throw new ImportError(
      "request_invalid",
      `parse timeout failed: invalid duration "${text}", expected one such as 300s, 1.5h or 1h45m`,
    );
  }
  return Math.ceil(total);
}
