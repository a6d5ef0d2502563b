import { locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { Format, ProbeInput, ReaderInput, SourceDescription } from "../format.ts";
import { claimFields } from "./claim-fields.ts";
import { JoinedReader } from "./joined-reader.ts";
import type { Part } from "./part.ts";

/** Its name: records keep it, and groups of files. */
export const JOINED = "columns";

/**
 * Files of different formats that are columns of one table: `uid.json` beside `vector.npy` and `price.parquet`. Each format reads
 * its own, and row i of one belongs to row i of the others. Such a set is not cut.
 * @param formatOf, named what the list of formats knows, which this format is not part of
 */
export function joinedFormat(formatOf: (path: string) => Format | undefined, named: (name: string) => Format): Format {
  const partsOf = (sources: readonly SourceFile[]) => split(sources, formatOf, named);
  return {
    ...{
      name: JOINED,
      title: "column",
      extensions: [],
      grouping: "columns" as const,
      rangeUnit: undefined,
      takesForms: true as const,
    },
    describe: async (sources, signal, options) => {
      const described = await Promise.all(partsOf(sources).map((part) => describePart(part, signal, options)));
      return joinedDescription(described);
    },
    probe: async (input, signal) => {
      const parts = partsOf(input.sources);
      const described = await Promise.all(parts.map((part) => describePart(part, signal, input.options)));
      claimFields(parts, described, input.plan);
      const extent = input.sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return { rowCount: joinedDescription(described).rowCount, cuts: "nowhere", extent };
    },
    open: (input: ReaderInput) => new JoinedReader(input, (signal) => openParts(partsOf(input.sources), input, signal)),
  };
}

/** Files that one format reads together are one part, every other one is a part of its own. */
function split(
  sources: readonly SourceFile[],
  formatOf: (path: string) => Format | undefined,
  named: (name: string) => Format,
): Part[] {
  const parts = new Map<string, { formats: Format[]; sources: SourceFile[] }>();
  for (const source of sources) {
    const format = formatOf(source.path);
    if (!format) throw new Error(`${source.path} is of no format`);
    const key = format.mixesAs ?? source.path;
    const part = parts.get(key) ?? { formats: [], sources: [] };
    part.formats.push(format);
    part.sources.push(source);
    parts.set(key, part);
  }
  return [...parts.values()].map(({ formats, sources: own }) => {
    const [first] = formats;
    const isOne = formats.every((format) => format === first) && (own.length === 1 || first.grouping === "columns");
    return { format: isOne ? first : named(first.mixesAs ?? first.name), sources: own };
  });
}

async function describePart(
  { format, sources }: Part,
  signal: AbortSignal,
  options: ProbeInput["options"] | undefined,
): Promise<SourceDescription> {
  try {
    return await format.describe(sources, signal, options);
  } catch (error) {
    throw locate(error, { file: sources[0].path });
  }
}

function joinedDescription(described: readonly SourceDescription[]): SourceDescription {
  const counts = new Set(described.flatMap(({ rowCount }) => rowCount ?? []));
  const [rowCount] = counts;
  const sampled = described.flatMap(({ sampledRows }) => sampledRows ?? []);
  return {
    rowCount: counts.size === 1 ? rowCount : undefined,
    columns: described.flatMap(({ columns }) => columns),
    ...(sampled.length > 0 && { sampledRows: Math.min(...sampled) }),
  };
}

async function openParts(parts: readonly Part[], input: ReaderInput, signal: AbortSignal) {
  const described = await Promise.all(parts.map((part) => describePart(part, signal, input.options)));
  const plans = claimFields(parts, described, input.plan);
  return parts.map(({ format, sources }, i) => {
    const reader = format.open({ ...input, sources, plan: plans[i] });
    return { reader, file: sources[0].path };
  });
}
