import { isScratch, plainValues } from "@sluice/binlog";
import { type FixedColumn, isNull } from "@sluice/columns";
import { LevelRuns, type TableChunk, type TablePage, varint } from "@sluice/parquet";
import { DataType, vectorBytes } from "@sluice/schema";
import { rowRanges } from "./flat-chunk.ts";

/** Readers decode a page at a time. */
const PAGE_BYTES = 8 << 20;
/** Levels of `name.list.element`: null, and a value. */
const [NULL, VALUE] = [0, 3];

/** Dense vectors as lists: floats as they lie in memory, the bytes of others as numbers of a dictionary, which they are. */
export function vectorChunk(type: DataType, dim: number, column: FixedColumn, rowCount: number): TableChunk {
  const items = itemsOf(type, dim);
  const pages = pagesOf(type, items, column, rowCount);
  return { ...byteDictionary(type), pages, compression: "none" };
}

/** Elements of a vector's list: numbers, or bytes where the file has no such numbers. */
export function itemsOf(type: DataType, dim: number): number {
  return type === DataType.FloatVector ? dim : vectorBytes(type, dim);
}

function* pagesOf(type: DataType, items: number, column: FixedColumn, rowCount: number): Generator<TablePage> {
  for (const [from, to] of rowRanges(rowCount, rowCount * column.width, PAGE_BYTES)) {
    const values = plainValues(column, type, from, to);
    const kept = isScratch(values) ? values.slice() : values;
    yield { ...levelsOf(column, items, from, to), values: pageValues(type, kept) };
  }
}

function levelsOf(column: FixedColumn, items: number, from: number, to: number) {
  const repetitions = new LevelRuns();
  const definitions = new LevelRuns();
  let valueCount = 0;
  if (!column.validity?.includes(0)) {
    repetitions.addLists(to - from, items);
    definitions.add(VALUE, (to - from) * items);
    return { levels: [repetitions.finish(), definitions.finish()], valueCount: (to - from) * items };
  }
  for (let row = from; row < to; row++) {
    const isValue = !isNull(column, row);
    repetitions.add(0, 1);
    if (isValue) repetitions.add(1, items - 1);
    definitions.add(isValue ? VALUE : NULL, isValue ? items : 1);
    valueCount += isValue ? items : 1;
  }
  return { levels: [repetitions.finish(), definitions.finish()], valueCount };
}

/** All bytes as INT32, in the order of their bits; undefined where values stand as they are. */
export function byteDictionary(type: DataType): Pick<TableChunk, "dictionary"> {
  if (type === DataType.FloatVector) return {};
  const numbers = Int32Array.from({ length: 256 }, (_, i) => (type === DataType.Int8Vector ? (i << 24) >> 24 : i));
  return { dictionary: { values: new Uint8Array(numbers.buffer), count: numbers.length } };
}

/** Bytes as their own numbers in the dictionary: indices of eight bits, in one bit-packed run of eights. */
export function pageValues(type: DataType, bytes: Uint8Array): Uint8Array[] {
  if (type === DataType.FloatVector) return [bytes];
  const eights = (bytes.length + 7) >>> 3;
  const head = Uint8Array.of(8, ...varint(eights * 2 + 1));
  return [head, bytes, new Uint8Array(eights * 8 - bytes.length)];
}
