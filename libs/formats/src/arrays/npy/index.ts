import type { Format } from "../../format.ts";
import { ArrayReader } from "../array-reader.ts";
import { describeArrays } from "../describe-arrays.ts";
import { openArrays } from "../open-arrays.ts";
import { npyArrays } from "./npy-arrays.ts";

/**
 * A set of NumPy arrays, one file for each field, named after it (`$meta.npy` is the dynamic column). Source:
 * numpy.lib.format, versions 1.0 to 3.0. It may be cut between any two rows.
 */
export const npyFormat: Format = {
  name: "npy",
  title: "NumPy",
  extensions: [".npy"],
  grouping: "columns",
  rangeUnit: "row",
  describe: (sources, signal) => describeArrays(npyArrays(sources), signal),
  async probe({ sources, plan }, signal) {
    const [column] = await openArrays(npyArrays(sources), plan, signal);
    const rowCount = column?.rowCount ?? 0;
    return { rowCount, cuts: "anywhere", extent: rowCount };
  },
  open: (input) => new ArrayReader(input, npyArrays),
};
