import type { Format, ReaderInput, SourceDescription } from "../format.ts";
import { ArrayReader } from "./array-reader.ts";
import type { ArraysOf } from "./array-set.ts";
import { describeArrays } from "./describe-arrays.ts";
import { locatedArrays, openSet } from "./open-set.ts";
import { arrayOptionKeys } from "./place-arrays.ts";

/** What differs between the formats of this family. */
export interface ArrayFormatFacts
  extends Pick<
    Format,
    "name" | "title" | "extensions" | "grouping" | "optionKeys" | "mixesAs" | "isArchive" | "isNeverEmpty"
  > {
  /** The arrays of a file, or of the files of a set. */
  readonly arraysOf: ArraysOf;
}

/** A format of this family, which sets of several formats ask for its arrays. */
export interface ArrayFormat extends Format {
  readonly arraysOf: ArraysOf;
}

/** A format whose files hold arrays: it is cut between rows, where its arrays can be read from anywhere. */
export function arrayFormat({ arraysOf, ...facts }: ArrayFormatFacts): ArrayFormat {
  return {
    ...facts,
    arraysOf,
    ...(facts.mixesAs !== undefined && { isColumns: true as const }),
    rangeUnit: "row",
    optionKeys: [...arrayOptionKeys, ...(facts.optionKeys ?? [])],
    describe: async (sources, signal, options = {}): Promise<SourceDescription> => {
      const set = await locatedArrays(arraysOf, sources, options, signal);
      try {
        return await describeArrays(set, signal);
      } finally {
        await set.close?.();
      }
    },
    probe: async (input, signal) => {
      const { set, columns } = await openSet(input, arraysOf, signal);
      await set.close?.();
      const rowCount = columns[0]?.rowCount ?? 0;
      const cuts = set.isSequential ? "nowhere" : "anywhere";
      return { rowCount: set.live ? undefined : rowCount, cuts, extent: rowCount };
    },
    open: (input: ReaderInput) => new ArrayReader(input, arraysOf),
  };
}
