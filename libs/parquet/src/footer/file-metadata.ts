import { TooLarge } from "../damage.ts";
import { type Codec, codecs, FIELDS_KEY, type PhysicalType } from "../format.ts";
import { type ThriftFields, ThriftReader } from "../thrift/compact-reader.ts";
import { ThriftType } from "../thrift/thrift-type.ts";
import { physicalType, readSchema, type SchemaElement } from "./schema-element.ts";

// The parts of parquet.thrift that a reader of columns needs; all other fields are stepped over without a copy.

/** What a footer claims of one column of a row group; nothing of it is checked against the file. */
export interface ColumnMetaData {
  type: PhysicalType | undefined;
  /** Names from the root down, with dots between. */
  path: string;
  codec: Codec | undefined;
  numValues: number;
  uncompressedBytes: number;
  compressedBytes: number;
  dataPageOffset: number;
  /** 0: none. */
  dictionaryPageOffset: number;
}

/** One column of a row group; in `filePath`, where it is given, the chunk lies in another file. */
export interface ColumnChunk {
  filePath: string | undefined;
  metaData: ColumnMetaData | undefined;
  isEncrypted: boolean;
}

/** Columns in the order of the schema's leaves. */
export interface RowGroup {
  columns: ColumnChunk[];
  rowCount: number;
}

/** A footer as it is written, not yet checked. */
export interface FileMetaData {
  schema: SchemaElement[];
  rowCount: number;
  /** Row groups, decoded one at a time: together they are by far the greatest part of a footer. @throws {Damage} */
  rowGroups: () => Iterable<RowGroup>;
  /** What writers note by these keys; empty where it is excessive. */
  notes: Partial<Record<NoteKey, string>>;
  /** The program that wrote the file, as it calls itself. */
  createdBy: string;
}

/** An object is made for each: many times the bytes that it takes in a footer. */
const MAX_COLUMN_CHUNKS = 250_000;
const MAX_NAME_BYTES = 1 << 12;
/** Keys of the metadata that are read: of pandas, and of our own writer. */
const NOTE_KEYS = ["pandas", FIELDS_KEY, "geo"] as const;
type NoteKey = (typeof NOTE_KEYS)[number];
/** pandas needs some two hundred for a column. */
const MAX_NOTE_BYTES = 1 << 20;

/** @throws {Damage} */
export function decodeFileMetaData(bytes: Uint8Array): FileMetaData {
  const reader = new ThriftReader();
  reader.reset(bytes, 0, bytes.length);
  const file: FileMetaData = { schema: [], rowCount: -1, rowGroups: () => [], notes: {}, createdBy: "" };
  reader.fields(file, fileFields);
  return file;
}

function* decodeRowGroups(bytes: Uint8Array, type: number): Iterable<RowGroup> {
  const reader = new ThriftReader();
  reader.reset(bytes, 0, bytes.length);
  const count = reader.list(type, ThriftType.Struct);
  let chunks = 0;
  for (let i = 0; i < count; i++) {
    const group = reader.struct(ThriftType.Struct, { columns: [], rowCount: -1 }, rowGroupFields);
    chunks += Math.max(1, group.columns.length); // A group without columns is an object too.
    if (chunks > MAX_COLUMN_CHUNKS) throw new TooLarge("the footer", MAX_COLUMN_CHUNKS, "column chunks");
    yield group;
  }
}

const fileFields: ThriftFields<FileMetaData> = [];
fileFields[2] = (file, reader, type) => void (file.schema = readSchema(reader, type));
fileFields[3] = (file, reader, type) => void (file.rowCount = reader.int64(type));
fileFields[4] = (file, reader, type) => {
  const start = reader.at;
  reader.skip(type);
  const bytes = reader.bytes.subarray(start, reader.at);
  file.rowGroups = () => decodeRowGroups(bytes, type);
};
fileFields[5] = (file, reader, type) => {
  const count = reader.list(type, ThriftType.Struct);
  for (let i = 0; i < count; i++) {
    const pair = reader.struct<KeyValue>(ThriftType.Struct, { key: undefined, value: undefined }, keyValueFields);
    if (pair.key !== undefined && pair.value !== undefined) file.notes[pair.key] = pair.value;
  }
};

fileFields[6] = (file, reader, type) => void (file.createdBy = reader.text(type, MAX_NAME_BYTES));

interface KeyValue {
  key: NoteKey | undefined;
  value: string | undefined;
}

const keyValueFields: ThriftFields<KeyValue> = [
  undefined,
  (pair, reader, type) => void (pair.key = reader.oneOf(type, NOTE_KEYS)),
  // Values of other keys may be as long as the footer: they are not copied. The key always stands first.
  (pair, reader, type) => void (pair.key ? (pair.value = reader.text(type, MAX_NOTE_BYTES)) : reader.skip(type)),
];

const rowGroupFields: ThriftFields<RowGroup> = [
  undefined,
  (group, reader, type) => {
    const count = reader.list(type, ThriftType.Struct);
    if (count > MAX_COLUMN_CHUNKS) throw new TooLarge(`a row group of ${count} columns`, MAX_COLUMN_CHUNKS, "columns");
    for (let i = 0; i < count; i++) {
      const chunk: ColumnChunk = { filePath: undefined, metaData: undefined, isEncrypted: false };
      group.columns.push(reader.struct(ThriftType.Struct, chunk, chunkFields));
    }
  },
  undefined,
  (group, reader, type) => void (group.rowCount = reader.int64(type)),
];

const chunkFields: ThriftFields<ColumnChunk> = [
  undefined,
  (chunk, reader, type) => void (chunk.filePath = reader.text(type)),
  undefined,
  (chunk, reader, type) => {
    const metaData: ColumnMetaData = {
      type: undefined,
      path: "",
      codec: undefined,
      numValues: -1,
      uncompressedBytes: -1,
      compressedBytes: -1,
      dataPageOffset: -1,
      dictionaryPageOffset: 0,
    };
    chunk.metaData = reader.struct(type, metaData, metaDataFields);
  },
];
chunkFields[8] = (chunk, reader, type) => {
  chunk.isEncrypted = true;
  reader.skip(type);
};

const metaDataFields: ThriftFields<ColumnMetaData> = [
  undefined,
  (column, reader, type) => void (column.type = physicalType(reader.int32(type))),
  undefined,
  (column, reader, type) => {
    const count = reader.list(type, ThriftType.Binary);
    const names: string[] = [];
    for (let i = 0; i < count; i++) names.push(reader.text(ThriftType.Binary));
    column.path = names.join(".");
  },
  (column, reader, type) => void (column.codec = codecs[reader.int32(type)]),
  (column, reader, type) => void (column.numValues = reader.int64(type)),
  (column, reader, type) => void (column.uncompressedBytes = reader.int64(type)),
  (column, reader, type) => void (column.compressedBytes = reader.int64(type)),
  undefined,
  (column, reader, type) => void (column.dataPageOffset = reader.int64(type)),
  undefined,
  (column, reader, type) => void (column.dictionaryPageOffset = reader.int64(type)),
];
