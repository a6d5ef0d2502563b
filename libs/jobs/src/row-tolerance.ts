import { excerpt, type Failure, ImportError } from "@sluice/errors";

/** How many rows that cannot be imported an import bears with; it leaves them out. Both absent: any number. */
export interface RowTolerance {
  readonly maxRows?: number;
  /** Of the rows read. */
  readonly maxPercent?: number;
}

const forms = 'must be "abort", "skip", "skip:ROWS" such as skip:100, or "skip:SHARE%" such as skip:0.5%';

/**
 * The option `on_error`: undefined for `abort`, under which the first bad row fails the job.
 * @throws {ImportError} `request_invalid`
 */
export function parseOnError(value: string): RowTolerance | undefined {
  const text = value.trim().toLowerCase();
  if (text === "" || text === "abort") return undefined;
  if (text === "skip") return {};
  const [, number = "", percent] = /^skip:\s*(\d{1,15}|\d{1,3}\.\d{1,9}(?=%))(%?)$/.exec(text) ?? [];
  const limit = Number(number);
  if (number === "" || (percent && limit > 100))
    throw new ImportError("request_invalid", `option on_error ${forms}, found "${excerpt(value)}"`);
  return percent ? { maxPercent: limit } : { maxRows: limit };
}

/** Why so many bad rows are too many; undefined when they are not. @param readRows not given by who has not read all of them */
export function tooManyRejected(
  { maxRows, maxPercent }: RowTolerance,
  { readRows, rejectedRows }: { readonly readRows?: number; readonly rejectedRows: number },
): Failure | undefined {
  const share = (100 * rejectedRows) / Math.max(1, readRows ?? Number.POSITIVE_INFINITY);
  const isTooMany = rejectedRows > (maxRows ?? Number.POSITIVE_INFINITY) || share > (maxPercent ?? 100);
  if (!isTooMany) return undefined;
  const limit = maxRows === undefined ? `${maxPercent}%` : String(maxRows);
  const rows =
    readRows === undefined
      ? `${rejectedRows} row${rejectedRows === 1 ? "" : "s"}`
      : `${rejectedRows} of ${readRows} rows`;
  const reason = `${rows} cannot be imported, more than option on_error=skip:${limit} allows`;
  return { code: "value_invalid", reason };
}
