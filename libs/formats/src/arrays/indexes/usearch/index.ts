import { arrayFormat } from "../../array-format.ts";
import { usearchArrays } from "./usearch-arrays.ts";

/** An index that usearch saved: its vectors and keys, without those that were removed. */
export const usearchFormat = arrayFormat({
  name: "usearch",
  title: "usearch index",
  extensions: [".usearch"],
  grouping: "rows",
  optionKeys: ["allow_lossy"],
  arraysOf: ([source], options, signal) => usearchArrays(source, options, signal),
});
