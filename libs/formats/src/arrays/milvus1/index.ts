import { arrayFormat } from "../array-format.ts";
import { segmentArrays } from "./segment-arrays.ts";

/**
 * A segment of Milvus 0.7 to 1.1: `SEGMENT.uid`, `SEGMENT.rv` and `deleted_docs`, told from the rest of its folder by the meta
 * store, so that no extension is its own. Source: legacy formats, §1.5.
 */
export const milvus1Format = arrayFormat({
  name: "milvus1",
  title: "Milvus 1.x",
  extensions: [],
  grouping: "columns",
  isNeverEmpty: true,
  arraysOf: segmentArrays,
});
