import { arrayFormat } from "../array-format.ts";
import { npyArrays } from "./npy-arrays.ts";

/**
 * A set of NumPy arrays, one file for each field, named after it (`$meta.npy` is the dynamic column). Source:
 * numpy.lib.format, versions 1.0 to 3.0. It may be cut between any two rows.
 */
export const npyFormat = arrayFormat({
  name: "npy",
  title: "NumPy",
  extensions: [".npy"],
  grouping: "columns",
  mixesAs: "arrays",
  arraysOf: npyArrays,
});
