import { malformed, unsupported } from "../malformed.ts";
import { readThriftStruct, type ThriftStruct } from "../thrift/compact-reader.ts";
import type { ColumnSink } from "./column-sink.ts";
import { decompress } from "./decompress.ts";
import { decodeHybrid, readVarint } from "./hybrid-runs.ts";
import { decodeValues, type PageValues, type ValueType } from "./page-values.ts";
import { PageType, PhysicalType, parquetMagic, Repetition } from "./parquet-format.ts";

interface Leaf {
  readonly physical: number;
  readonly typeLength: number;
  readonly isOptional: boolean;
}

/** Milvus itself stays below 2^30 rows in a row group. */
const maxRows = 2 ** 30;

/**
 * Reads one flat column of a Parquet file into a sink: all row groups, V1 and V2 pages, REQUIRED or OPTIONAL. The column's
 * name does not matter: servers write `val` or the field's id.
 * @param sinkFor told the type length of the column and the rows of the file before any row is read
 * @throws {ImportError} `malformed_file`, `unsupported`
 */
export function readParquetColumn(
  file: Uint8Array,
  sinkFor: (typeLength: number, rows: number) => ColumnSink,
  columnIndex = 0,
): void {
  const footer = readFooter(file);
  const leaf = readLeaf(footer.structs(2), columnIndex);
  const rows = footer.int(3);
  if (rows < 0 || rows > maxRows) throw unsupported(`a binlog of ${rows} rows is not supported`);
  const sink = sinkFor(leaf.typeLength, rows);
  if (sink.physical !== leaf.physical || sink.typeLength !== leaf.typeLength) {
    throw malformed(
      `Parquet column of physical type ${leaf.physical} and length ${leaf.typeLength}, ` +
        `expected ${sink.physical} and ${sink.typeLength}`,
    );
  }
  const before = sink.rowCount;
  for (const group of footer.structs(4)) readRowGroup(file, group, columnIndex, leaf, sink);
  if (sink.rowCount - before !== rows)
    throw malformed(`${sink.rowCount - before} rows in the pages, ${rows} in the footer`);
}

function readFooter(file: Uint8Array): ThriftStruct {
  const tail = file.length - 8;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (tail < 4 || !hasMagic(file, 0) || !hasMagic(file, tail + 4)) throw malformed("payload is no Parquet file");
  const length = view.getUint32(tail, true);
  if (length > tail - 4) throw malformed(`Parquet footer of ${length} bytes does not fit into its file`);
  return readThriftStruct(file.subarray(0, tail), tail - length, "Parquet footer").value;
}

function hasMagic(file: Uint8Array, at: number): boolean {
  return parquetMagic.every((byte, i) => file[at + i] === byte);
}

function readLeaf(elements: readonly ThriftStruct[], columnIndex: number): Leaf {
  const isFlat = elements.length > 0 && elements.length === elements[0].int(5) + 1;
  const leaf = elements.at(columnIndex + 1);
  if (!isFlat || !leaf || elements.slice(1).some((element) => element.has(5))) {
    throw unsupported("the Parquet file of a binlog must have plain columns, found a nested or missing one");
  }
  const repetition = leaf.optionalInt(3) ?? Repetition.Required;
  if (repetition === Repetition.Repeated) throw unsupported("the Parquet column of a binlog is REPEATED");
  const physical = leaf.int(1);
  const typeLength = physical === PhysicalType.FixedLenByteArray ? leaf.int(2) : 0;
  return { physical, typeLength, isOptional: repetition === Repetition.Optional };
}

function readRowGroup(file: Uint8Array, group: ThriftStruct, columnIndex: number, leaf: Leaf, sink: ColumnSink): void {
  const chunk = group.structs(1)[columnIndex]?.optionalStruct(3);
  if (!chunk) throw malformed("Parquet row group lacks its column");
  const pages = new ChunkReader(file, chunk, leaf, sink);
  pages.readAll(group.int(3));
}

/** One column chunk: an optional dictionary page, then data pages. */
class ChunkReader {
  readonly #file: Uint8Array;
  readonly #codec: number;
  readonly #leaf: Leaf;
  readonly #type: ValueType;
  readonly #sink: ColumnSink;
  readonly #end: number;
  #at: number;
  #dictionary: PageValues | undefined;

  constructor(file: Uint8Array, chunk: ThriftStruct, leaf: Leaf, sink: ColumnSink) {
    this.#file = file;
    this.#codec = chunk.int(4);
    this.#leaf = leaf;
    this.#type = { physical: leaf.physical, width: valueWidth(leaf) };
    this.#sink = sink;
    const data = chunk.int(9);
    // Some writers set the dictionary's offset to 0 when there is none.
    this.#at = Math.min(data, chunk.optionalInt(11) || data);
    this.#end = this.#at + chunk.int(7);
    if (this.#at < 4 || this.#end > file.length) throw malformed("Parquet column chunk lies outside its file");
  }

  readAll(rows: number): void {
    for (let left = rows; left > 0; ) {
      if (this.#at >= this.#end) throw malformed(`Parquet column chunk ends ${left} rows early`);
      const { value: header, end } = readThriftStruct(
        this.#file.subarray(0, this.#end),
        this.#at,
        "Parquet page header",
      );
      const compressedBytes = header.int(3);
      if (compressedBytes < 0 || compressedBytes > this.#end - end) throw malformed("Parquet page is cut short");
      this.#at = end + compressedBytes;
      left -= this.#readPage(header, this.#file.subarray(end, this.#at), left);
    }
  }

  /** Gives the rows that the page has: none for a dictionary or an index. */
  #readPage(header: ThriftStruct, body: Uint8Array, left: number): number {
    switch (header.int(1)) {
      case PageType.Dictionary:
        this.#readDictionary(header, body);
        return 0;
      case PageType.Data:
        return this.#readV1(header, body, left);
      case PageType.DataV2:
        return this.#readV2(header, body, left);
      default:
        return 0;
    }
  }

  #readDictionary(header: ThriftStruct, body: Uint8Array): void {
    const dictionary = header.struct(7);
    const page = decompress(this.#codec, body, header.int(2));
    const encoding = dictionary.int(2) === 2 ? 0 : dictionary.int(2); // PLAIN_DICTIONARY means PLAIN here.
    this.#dictionary = decodeValues(encoding, page, checkCount(dictionary.int(1), maxRows), this.#type, undefined);
  }

  #readV1(header: ThriftStruct, body: Uint8Array, left: number): number {
    const data = header.struct(5);
    const rows = checkCount(data.int(1), left);
    const page = decompress(this.#codec, body, header.int(2));
    if (!this.#leaf.isOptional) return this.#append(data.int(2), page, rows, undefined);
    if (data.int(3) !== 3) throw unsupported(`definition levels in encoding ${data.int(3)}, expected RLE`);
    if (page.length < 4) throw malformed("Parquet page is too short for its definition levels");
    const length = new DataView(page.buffer, page.byteOffset, 4).getUint32(0, true);
    if (length > page.length - 4) throw malformed("definition levels are cut short");
    const validity = decodeLevels(page.subarray(4, 4 + length), rows);
    return this.#append(data.int(2), page.subarray(4 + length), rows, validity);
  }

  #readV2(header: ThriftStruct, body: Uint8Array, left: number): number {
    const data = header.struct(8);
    const rows = checkCount(data.int(1), left);
    const levelBytes = data.int(5);
    const otherBytes = data.int(6); // Repetition levels: none in a flat column.
    if (levelBytes < 0 || otherBytes < 0 || levelBytes + otherBytes > body.length)
      throw malformed("levels are cut short");
    const values = body.subarray(otherBytes + levelBytes);
    const size = header.int(2) - otherBytes - levelBytes;
    const page = data.bool(7, true) ? decompress(this.#codec, values, size) : values;
    const levels = body.subarray(otherBytes, otherBytes + levelBytes);
    const validity = this.#leaf.isOptional ? decodeLevels(levels, rows) : undefined;
    return this.#append(data.int(4), page, rows, validity);
  }

  #append(encoding: number, page: Uint8Array, rows: number, validity: Uint8Array | undefined): number {
    const present = validity ? countPresent(validity) : rows;
    const values = decodeValues(encoding, page, present, this.#type, this.#dictionary);
    this.#sink.append(values, rows, present === rows ? undefined : validity);
    return rows;
  }
}

function valueWidth({ physical, typeLength }: Leaf): number {
  switch (physical) {
    case PhysicalType.Boolean:
      return 1;
    case PhysicalType.Int32:
    case PhysicalType.Float:
      return 4;
    case PhysicalType.Int64:
    case PhysicalType.Double:
      return 8;
    default:
      return typeLength;
  }
}

function checkCount(count: number, limit: number): number {
  if (count < 0 || count > limit) throw malformed(`Parquet page claims ${count} values, expected at most ${limit}`);
  return count;
}

/** One byte a row, 1 = present. Undefined when a single run says that all are: the common case, without a copy. */
function decodeLevels(levels: Uint8Array, rows: number): Uint8Array | undefined {
  if (rows === 0) return undefined;
  const run = readVarint(levels, 0, levels.length);
  if (run.value === rows * 2 && levels[run.end] === 1) return undefined;
  const validity = new Uint8Array(rows);
  decodeHybrid(levels, 0, levels.length, 1, validity);
  return validity;
}

function countPresent(validity: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < validity.length; i++) count += validity[i];
  return count;
}
