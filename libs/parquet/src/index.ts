export { CutShort, Damage } from "./damage.ts";
export { BytesSink } from "./encodings/bytes-sink.ts";
export { type ChunkInfo, type ParquetFile, type RowGroupInfo, readFooter } from "./footer.ts";
export { type LeafKind, type LeafType, leafType } from "./leaf-type.ts";
export { LeafReader } from "./pages/leaf-reader.ts";
export { emptyDefinition, type ListNode, leavesOf, listNode, type SchemaNode } from "./schema-tree.ts";
export { CompactType, CompactWriter } from "./thrift/compact-writer.ts";
