import type { Format } from "../../format.ts";
import { COLUMN_GROUPS } from "./column-groups.ts";
import { describeSegment, probeSegment } from "./describe-segment.ts";
import { COMMIT_TS, DELTA_LOGS, FIELD_IDS, META_ROWS } from "./log-files.ts";
import { SegmentReader } from "./segment-reader.ts";
import { boundKeys, timeBounds } from "./time-bounds.ts";

/**
 * The logs of one segment of Milvus 2.x and 3, storage version 1 (a directory a field), 2 (a directory a group of columns) and 3 (what a manifest names), with
 * the delta logs that apply to it: what `backup=true` imports. A set is a segment, found by its folders, since logs have no
 * extension. Source: binlog format.
 */
export const binlogFormat: Format = {
  name: "binlog",
  title: "BINLOG",
  extensions: [],
  grouping: "columns",
  isNeverEmpty: true,
  rangeUnit: undefined,
  optionKeys: [...boundKeys],
  checkOptions: (options) => void timeBounds(options),
  describe: describeSegment,
  probe: probeSegment,
  open: (input) => new SegmentReader(input),
};

export { type ColumnGroup, groupedFolder, manifestAt, readGroupedSegment } from "./column-groups.ts";
export { readDeltaFile } from "./delta-file.ts";
export { firstRowIds } from "./first-row-ids.ts";
export { COLUMN_GROUPS, COMMIT_TS, DELTA_LOGS, FIELD_IDS, META_ROWS, timeBounds };
