export type { ByteSource } from "./byte-source.ts";
export { Decompressor } from "./codecs/decompress.ts";
export { decodeLz4Frame, LZ4_MAX_RATIO } from "./codecs/lz4.ts";
export { Damage, damageError, NotSupported, TooLarge } from "./damage.ts";
export { BytesSink } from "./encodings/bytes-sink.ts";
export type { ChunkInfo, PandasRange, ParquetFile, RowGroupInfo } from "./footer/file-layout.ts";
export { parseFooter, readFooter } from "./footer/footer.ts";
export { type LeafKind, type LeafType, leafType, type TimeUnit } from "./footer/leaf-type.ts";
export { pandasIndexOf } from "./footer/pandas-index.ts";
export {
  emptyDefinition,
  type ListNode,
  leavesOf,
  listNode,
  type MapNode,
  mapNode,
  type SchemaNode,
} from "./footer/schema-tree.ts";
export { type ConvertedType, FIELDS_KEY, type PhysicalType } from "./format.ts";
export { LeafReader } from "./pages/leaf-reader.ts";
export { MemoryLeafReader } from "./pages/memory-leaf-reader.ts";
export { PageBudget } from "./pages/page-budget.ts";
export type { PageDecoder } from "./pages/page-decoder.ts";
export { newMemory, type PageMemory } from "./pages/page-memory.ts";
export { type PlainPage, writeColumnFile, writeConstantFile } from "./writer/column-file.ts";
export { definitionLevels, varint } from "./writer/definition-levels.ts";
export type { ColumnType } from "./writer/footer-writer.ts";
export { LevelRuns } from "./writer/level-runs.ts";
export { type TableChunk, TableFile, type TablePage } from "./writer/table-file.ts";
export type { TableNode } from "./writer/table-tree.ts";
