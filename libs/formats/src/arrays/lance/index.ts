import { arrayFormat } from "../array-format.ts";

/**
 * The columns of a Lance table of file version 2.1 or 2.2, without nulls, lists and deleted rows: what cannot be read exactly is
 * refused by name. A set is its manifest and data files. Source: lance, `protos/`.
 */
export const lanceFormat = arrayFormat({
  name: "lance",
  title: "lance",
  extensions: [],
  grouping: "columns",
  arraysOf: async (sources, _, signal) => (await import("./lance-arrays.ts")).lanceArrays(sources, signal),
});
