import { ImportError } from "@sluice/errors";

/** The options of a request that decide over the job; those that concern a format stay with the files. */
export interface ImportOptions {
  /** Milliseconds from creation after which the job fails; 0 = never. */
  readonly timeoutMs: number;
}

export type OptionList = readonly { readonly key: string; readonly value: string }[];

/** Options of Milvus that would change what is imported, and that are refused rather than ignored. */
const refusedWhenTrue = ["backup", "l0_import"];

/** @throws {ImportError} `request_invalid` in Milvus's words for a bad value, a repeated key, or what is not supported. */
export function parseImportOptions(options: OptionList): ImportOptions {
  const values = new Map<string, string>();
  for (const { key, value } of options) {
    if (values.has(key)) throw new ImportError("request_invalid", `duplicate option key '${key}'`);
    values.set(key, value);
  }
  for (const key of refusedWhenTrue) {
    if (isTrue(values.get(key)))
      throw new ImportError("unsupported", `option '${key}=true' is not supported by this server`);
  }
  checkAutoCommit(values.get("auto_commit"));
  const timeout = values.get("timeout");
  return { timeoutMs: timeout === undefined || timeout === "" ? 0 : parseGoDuration(timeout) };
}

function checkAutoCommit(value: string | undefined): void {
  if (value === undefined || isTrue(value)) return;
  if (value.toLowerCase() !== "false") {
    throw new ImportError("request_invalid", `options.auto_commit must be one of "true" or "false", found "${value}"`);
  }
  throw new ImportError("unsupported", "option 'auto_commit=false' (two-phase commit) is not supported by this server");
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === "true";
}

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
