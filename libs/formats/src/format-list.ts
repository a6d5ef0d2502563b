import { ImportError } from "@sluice/errors";
import { compressible, isNameOf, mayBeCompressed } from "./compressed/compressible.ts";
import type { Format, FormatReader, ReaderInput } from "./format.ts";
import * as all from "./formats.ts";
import { joinedFormat } from "./joined/joined-format.ts";
import { fieldOptionKeys } from "./plan/field-options.ts";

/** Every format that files can have; those of text also compressed. */
export const formats: readonly Format[] = [
  ...Object.values<Format>(all).map((format) => (mayBeCompressed(format) ? compressible(format) : format)),
  joinedFormat(formatOfPath, formatNamed),
];

/** Keys of import options that some format, or the plan of fields, reads. */
export const formatOptionKeys: ReadonlySet<string> = new Set([
  ...fieldOptionKeys,
  ...formats.flatMap(({ optionKeys }) => optionKeys ?? []),
]);

/** Names of the formats that an option is for; none for one that is for all of them. */
export function formatsWithOption(key: string): string[] {
  return formats.filter(({ optionKeys }) => optionKeys?.includes(key)).map(({ name }) => name);
}

/** @throws {ImportError} `unsupported` for a name that this version does not know */
export function formatNamed(name: string): Format {
  const format = formats.find((candidate) => candidate.name === name);
  if (format) return format;
  throw new ImportError("unsupported", `format '${name}' is not known to this server`);
}

/**
 * Opens a file or set of a format. Where no file has a byte there are no rows, in every format of tables: Spark writes an empty table
 * so, and a header that is missing is no fault of rows that are.
 */
export function openReader(format: string, input: ReaderInput): FormatReader {
  const { open, takesForms, title, isNeverEmpty } = formatNamed(format);
  const [form] = takesForms ? [] : [...(input.plan.options.forms ?? [])];
  if (form)
    throw new ImportError(
      "unsupported",
      `options.fields_mapping: "as": "${form[1]}" of field '${form[0]}' is for text and Parquet or Arrow, and this is ${title}`,
    );
  return !isNeverEmpty && input.sources.every(({ sizeBytes }) => sizeBytes === 0) ? new NoRows() : open(input);
}

class NoRows implements FormatReader {
  async *batches(): AsyncGenerator<never> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The format of `a/b.NDJSON` or `b.jsonl.gz`, by its end, without regard to case; undefined when no format has it. */
export function formatOfPath(path: string): Format | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return formats.find((format) => isNameOf(format, name));
}
