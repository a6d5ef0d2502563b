import { arrayFormat } from "../../array-format.ts";
import { annoyArrays } from "./annoy-arrays.ts";

/** A tree index that annoy saved: vectors, whose ids are their positions. */
export const annoyFormat = arrayFormat({
  name: "annoy",
  title: "annoy index",
  extensions: [".ann", ".annoy"],
  grouping: "rows",
  optionKeys: ["index_metric", "index_dim"],
  arraysOf: ([source], options, signal) => annoyArrays(source, options, signal),
});
