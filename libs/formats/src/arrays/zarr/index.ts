import { arrayFormat } from "../array-format.ts";
import { zarrArrays } from "./zarr-arrays.ts";

/**
 * The arrays of a zarr store of version 2 or 3: a folder of metadata and chunks, found as a whole, since its files have no
 * extension. Source: zarr-specs.
 */
export const zarrFormat = arrayFormat({
  name: "zarr",
  title: "zarr",
  extensions: [],
  grouping: "columns",
  arraysOf: (sources, _, signal) => zarrArrays(sources, signal),
});
