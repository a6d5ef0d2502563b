import { excerpt, ImportError } from "@sluice/errors";
import { composeTso } from "@sluice/schema";

/** Inclusive bounds of the hybrid timestamps of rows and deletes. */
export interface TimeBounds {
  readonly start: bigint;
  readonly end: bigint;
}

/** Every row and every delete. */
export const ALL_TIME: TimeBounds = { start: 0n, end: 2n ** 64n - 1n };

/** Keys of options that say so, in the writings that Milvus knows. */
export const boundKeys = ["start_ts", "startTs", "end_ts", "endTs"] as const;

/** 2019-01-01: what Milvus takes for the least hybrid timestamp. Source: Milvus `tsoutil`. */
const LEAST_MS = 1_546_300_800_000;

/**
 * The bounds that an import asks for. Milvus before 2.4.24 and 2.5.6 counts milliseconds, later ones want hybrid timestamps: no
 * number is both, so either is taken. Source: binlog format, §8.3.
 * @throws {ImportError} `request_invalid`
 */
export function timeBounds(options: Readonly<Record<string, string>>): TimeBounds {
  const start = boundOf(options, "start_ts", "startTs") ?? ALL_TIME.start;
  const end = boundOf(options, "end_ts", "endTs") ?? ALL_TIME.end;
  if (start <= end) return { start, end };
  throw new ImportError(
    "request_invalid",
    `start_ts shouldn't be larger than end_ts, start_ts:${start}, end_ts:${end}`,
  );
}

function boundOf(options: Readonly<Record<string, string>>, ...keys: readonly string[]): bigint | undefined {
  const key = keys.find((candidate) => (options[candidate] ?? "") !== "");
  if (key === undefined) return undefined;
  const text = options[key];
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (value >= composeTso(LEAST_MS) && value <= ALL_TIME.end) return value;
  if (value >= LEAST_MS && value < 100 * LEAST_MS) return composeTso(Number(value));
  const wanted = "it must be a hybrid timestamp (milliseconds since 1970, times 2^18) or milliseconds since 2019";
  const words = value < 0n ? `parse ${key} failed` : `${key} is not a valid hybrid timestamp`;
  throw new ImportError("request_invalid", `${words}, value=${excerpt(text)}${value < 0n ? ", err=" : ": "}${wanted}`);
}
