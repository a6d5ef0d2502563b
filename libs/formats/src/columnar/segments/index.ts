import type { Format } from "../../format.ts";
import { describeSegment, probeSegment } from "./describe-segment.ts";
import { COMMIT_TS, DELTA_LOGS, FIELD_IDS, META_ROWS } from "./log-files.ts";
import { SegmentReader } from "./segment-reader.ts";
import { boundKeys, timeBounds } from "./time-bounds.ts";

/**
 * The logs of one segment of Milvus 2.x, storage version 1 (a directory a field) and 2 (a directory a group of columns), with
 * the delta logs that apply to it: what `backup=true` imports. A set is a segment, found by its folders, since logs have no
 * extension. Source: binlog format.
 */
export const binlogFormat: Format = {
  name: "binlog",
  title: "BINLOG",
  extensions: [],
  grouping: "columns",
  rangeUnit: undefined,
  optionKeys: [...boundKeys],
  checkOptions: (options) => void timeBounds(options),
  describe: describeSegment,
  probe: probeSegment,
  open: (input) => new SegmentReader(input),
};

export { readDeltaFile } from "./delta-file.ts";
export { firstRowIds } from "./first-row-ids.ts";
export { COMMIT_TS, DELTA_LOGS, FIELD_IDS, META_ROWS, timeBounds };
