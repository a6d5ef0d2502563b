import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";

/** Bytes from the start of a file that tell what it is. */
const HEAD_BYTES = 512;

/** A kind of content by its first bytes (latin1), and what to do with it where another kind was expected. */
interface Content {
  readonly isThis: (head: string) => boolean;
  readonly is: string;
  readonly todo: string;
}

const startsWith =
  (...marks: string[]) =>
  (head: string) =>
    marks.some((mark) => head.startsWith(mark));
const decompress = "decompress it first";
const rename = (extension: string) => `give it the extension ${extension}`;
const toUtf8 = "save it as UTF-8";
const again = "fetch the data itself again, and look at it";

/** Sources: the specifications of each format; those that begin alike stand in the order in which they are told apart. */
const contents: readonly Content[] = [
  { isThis: startsWith("PAR1"), is: "Parquet", todo: rename(".parquet") },
  { isThis: startsWith("PARE"), is: "encrypted Parquet", todo: "write it without encryption" },
  { isThis: startsWith("\x93NUMPY"), is: "a NumPy array", todo: rename(".npy") },
  { isThis: startsWith("ARROW1", "\xff\xff\xff\xff"), is: "Arrow", todo: rename(".arrow") },
  { isThis: startsWith("\x1f\x8b"), is: "compressed with gzip", todo: decompress },
  { isThis: startsWith("\x28\xb5\x2f\xfd"), is: "compressed with zstd", todo: decompress },
  { isThis: startsWith("BZh"), is: "compressed with bzip2", todo: decompress },
  { isThis: startsWith("\xfd7zXZ\0"), is: "compressed with xz", todo: decompress },
  { isThis: startsWith("\x04\x22\x4d\x18"), is: "compressed with lz4", todo: decompress },
  {
    isThis: (head) => /^[\s\S]{3}\0{5}\{"/.test(head),
    is: "safetensors",
    todo: rename(".safetensors"),
  },
  {
    isThis: startsWith("PK\x03\x04", "PK\x05\x06"),
    is: "a zip archive",
    todo: "one of files ends with .zip, one of NumPy arrays with .npz",
  },
  { isThis: startsWith("\x89HDF\r\n\x1a\n"), is: "HDF5", todo: rename(".h5") },
  {
    isThis: startsWith("MATLAB 5.0 MAT-file"),
    is: "of MATLAB before version 7.3",
    todo: "save it with save(name, '-v7.3'), or its arrays as .npy",
  },
  { isThis: startsWith("SQLite format 3\0"), is: "a SQLite database", todo: rename(".sqlite") },
  {
    isThis: startsWith("PGDMP"),
    is: "an archive of pg_dump",
    todo: "write it as SQL by pg_restore --table=NAME --file=NAME.sql ARCHIVE",
  },
  { isThis: startsWith("Obj\x01"), is: "Avro", todo: rename(".avro") },
  { isThis: startsWith("ORC"), is: "ORC", todo: "write it as Parquet" },
  {
    isThis: startsWith("version https://git-lfs.github.com/spec/"),
    is: "a pointer of Git LFS, not the data",
    todo: "run: git lfs pull",
  },
  {
    isThis: (head) => /^\s*<(!doctype|html|head|body|\?xml)/i.test(head),
    is: "a page of a web server, probably an error",
    todo: again,
  },
  { isThis: startsWith("\xff\xfe\0\0", "\0\0\xfe\xff", "{\0\0\0", "[\0\0\0"), is: "UTF-32", todo: toUtf8 },
  { isThis: startsWith("\xff\xfe", "\xfe\xff"), is: "UTF-16", todo: toUtf8 },
  { isThis: (head) => /^([{["\w]\0.\0|\0[{["\w]\0.)/.test(head), is: "UTF-16", todo: toUtf8 },
  {
    isThis: startsWith("\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"),
    is: "a Python pickle",
    todo: "save it with numpy.save, or as JSON",
  },
];

const json: Content = {
  isThis: (head) => /^(\xef\xbb\xbf)?\s*[{[]/.test(head),
  is: "JSON",
  todo: rename(".json or .jsonl"),
};

/**
 * `; the file is Parquet: give it the extension .parquet`, for the first bytes of a file that are no UTF-8 text but something
 * else that is known; nothing when they do not tell.
 */
export function foreignToText(head: Uint8Array): string {
  return told(head, contents);
}

function told(head: Uint8Array, among: readonly Content[]): string {
  const { buffer, byteOffset, length } = head;
  const start = Buffer.from(buffer, byteOffset, Math.min(length, HEAD_BYTES)).toString("latin1");
  const found = among.find(({ isThis }) => isThis(start));
  return found ? `; the file is ${found.is}: ${found.todo}` : "";
}

/** The error of a file of bytes that is not what its name says, with what it is. Others pass unchanged. */
export async function withContent(error: unknown, source: SourceFile, signal?: AbortSignal): Promise<unknown> {
  if (!(error instanceof ImportError) || error.code !== "malformed_file") return error;
  const head = new Uint8Array(Math.min(HEAD_BYTES, source.sizeBytes));
  // What has its right name already is damaged, not mistaken.
  const others = [...contents, json].filter(({ todo }) => !isNamedSo(source.path, todo));
  const hint = told(head.subarray(0, await source.readInto(0, head, signal)), others);
  return hint === "" ? error : new ImportError(error.code, `${error.reason}${hint}`, error.at, { cause: error });
}

/** Whether a path ends as `todo` says that it should. */
function isNamedSo(path: string, todo: string): boolean {
  const extensions = todo.startsWith(rename("")) ? todo.split(" ").filter((word) => word.startsWith(".")) : [];
  return extensions.some((extension) => path.toLowerCase().endsWith(extension));
}
