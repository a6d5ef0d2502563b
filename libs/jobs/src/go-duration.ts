import { excerpt, ImportError } from "@sluice/errors";

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

/** Longest duration: every unit with twenty digits. */
const MAX_CHARACTERS = 200;
/** One part. No character of a number can be a unit's, and after digits there is one way to go on: it never goes back. */
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Milliseconds of a Go duration such as `300s`, `1.5h`, `1h45m`. Source: Go `time.ParseDuration`.
 * @throws {ImportError} `request_invalid`, also for 0 and less: Milvus takes them, and fails the job when it next looks at it
 */
export function parseGoDuration(text: string): number {
  const [, sign, rest] = /^([-+]?)(.*)$/s.exec(text) as RegExpExecArray;
  const total = text.length > MAX_CHARACTERS ? Number.NaN : rest === "0" ? 0 : sumOfParts(rest);
  if (rest === "" || !Number.isFinite(total))
    throw invalid(`invalid duration "${excerpt(text)}", expected one such as 300s, 1.5h or 1h45m`);
  if (total === 0 || sign === "-")
    throw invalid(
      `"${excerpt(text)}" leaves the job no time: give a duration such as 300s, or leave timeout out, which is without limit`,
    );
  return Math.ceil(total);
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", `parse timeout failed: ${reason}`);
}

/** NaN for what is not a sequence of parts. */
function sumOfParts(text: string): number {
  let total = 0;
  for (let at = 0; at < text.length; at = part.lastIndex) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (!match) return Number.NaN;
    total += Number(match[1]) * unitMs[match[2]];
  }
  return total;
}
