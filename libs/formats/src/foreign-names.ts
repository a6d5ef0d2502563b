/** Files that users have and that are not read, by the ends of their names, and what to do with them. */
const others: readonly (readonly [ends: RegExp, is: string, todo: string])[] = [
  [/\.orc$/i, "ORC", "write it as Parquet"],
  [/\.vortex$/i, "Vortex", "write it as Parquet"],
  [/\.(nc|nc4|cdf)$/i, "netCDF", "one of version 4 is HDF5, call it .h5; rewrite others by nccopy -k nc4"],
  [/\.(msgpack|mpk)$/i, "MessagePack", "write it as JSON lines"],
  [/\.kv$/i, "a model of gensim", "write its vectors by save_word2vec_format('words.vec')"],
  [/\.tfrecords?$/i, "TFRecord", "write it as Parquet"],
  [/\.(rds|rdata)$/i, "a file of R", "write it with arrow::write_parquet"],
  [/\.rdb$/i, "a dump of Redis", "write its keys as JSON lines, one object a key"],
  [/\.duckdb$/i, "a database of DuckDB", "write the table by COPY name TO 'name.parquet'"],
  [
    /\.(pkl|pickle|joblib)$/i,
    "a pickle, which could run code,",
    "save arrays with numpy.savez, tables with to_parquet",
  ],
  [/\.(pt|pth|ckpt)$/i, "a file of PyTorch", "save its tensors with safetensors.torch.save_file"],
  [/\.(xlsx|xls|ods)$/i, "a spreadsheet", "save it as CSV (UTF-8)"],
  [
    /\.bson(\.(gz|zst))?$/i,
    "BSON",
    "write it as JSON by mongoexport or bsondump, and import it with the preset mongodb",
  ],
  [
    /\.dump$/i,
    "a dump",
    "write one of pg_dump as SQL by pg_restore --table=NAME --file=NAME.sql ARCHIVE; one of Meilisearch is a .tar.gz: call it so, and name ARCHIVE!indexes/NAME/documents.jsonl",
  ],
  [
    /(\.(pgdump|backup)|(^|\/|!)(toc|\d+)\.dat(\.(gz|zst|lz4))?)$/i,
    "an archive of pg_dump",
    "write it as SQL by pg_restore --table=NAME --file=NAME.sql ARCHIVE",
  ],
];

/** `; ORC is not read: write it as Parquet`, for the path of a file that is known by its name and not read; nothing for others. */
export function foreignName(path: string): string {
  const found = others.find(([ends]) => ends.test(path));
  return found ? `; ${found[1]} is not read: ${found[2]}` : "";
}
