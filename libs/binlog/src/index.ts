export { encodeBinlogHead } from "./binlog-head.ts";
export { readBinlogLayout } from "./binlog-layout.ts";
export { type DeltaLog, decodeDeltaLog } from "./delta-log.ts";
export { encodeDeltaLog } from "./encode-delta-log.ts";
export {
  type Binlog,
  type BinlogDescriptor,
  type BinlogEvent,
  type BinlogExtras,
  EventType,
  isBareParquet,
  parseBinlog,
} from "./envelope.ts";
export {
  appendInsertLog,
  type BinlogDialect,
  type DecodedInsertLog,
  decodeInsertLog,
  encodeInsertLog,
  type InsertLogOptions,
} from "./insert-log.ts";
export { ColumnSink, type SinkMemory } from "./payload/column-sink.ts";
export { parquetType } from "./payload/parquet-type.ts";
export { isScratch, plainValues } from "./payload/plain-values.ts";
export { BloomFilter } from "./stats/bloom-filter.ts";
export { type Bm25Stats, Bm25StatsBuilder, decodeBm25Stats, encodeBm25Stats } from "./stats/bm25-stats.ts";
export { StatsBuilder } from "./stats/stats-builder.ts";
export {
  decodeStatsLog,
  encodeStatsLog,
  type PrimaryKey,
  type PrimaryKeyStats,
} from "./stats/stats-log.ts";
