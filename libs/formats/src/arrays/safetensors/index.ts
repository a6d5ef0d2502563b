import { arrayFormat } from "../array-format.ts";
import { safetensorsArrays } from "./safetensors-arrays.ts";

/**
 * Tensors by name, as Hugging Face's safetensors writes them: those that fields are called after, or that `fields_mapping`
 * names, are columns. It may be cut between any two rows.
 */
export const safetensorsFormat = arrayFormat({
  name: "safetensors",
  title: "safetensors",
  extensions: [".safetensors"],
  grouping: "rows",
  mixesAs: "arrays",
  arraysOf: ([source], _, signal) => safetensorsArrays(source, signal),
});
