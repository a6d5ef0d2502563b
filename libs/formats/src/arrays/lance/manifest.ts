import { excerpt, ImportError } from "@sluice/errors";
import { Damage, damageError } from "@sluice/parquet";
import { Message } from "../../protobuf.ts";

const TAIL_BYTES = 16;
const MAGIC = "LANC";
/** What tables may need of readers, by bits: deleted rows, stable row ids, settings, no transaction files. The others change what rows are. */
const KNOWN_FLAGS = 1 | (1 << 1) | (1 << 2) | (1 << 3) | (1 << 5);
/** The way out for all that is not read. */
const CURE = "write it as Parquet: pyarrow.parquet.write_table(lance.dataset(PATH).to_table(), FILE)";

/** A column of a table. */
export interface LanceField {
  readonly id: number;
  readonly name: string;
  /** In Lance's words: `int64`, `fixed_size_list:float:768`. */
  readonly type: string;
  readonly isTop: boolean;
}

/** A file with some columns of some rows. */
export interface LanceFile {
  /** Below the folder of the table. */
  readonly path: string;
  /** Ids of fields, and the column of each in the file. */
  readonly fields: readonly number[];
  readonly columns: readonly number[];
}

/** What a manifest says of a version of a table. */
export interface LanceManifest {
  readonly fields: readonly LanceField[];
  /** Rows in their order; the files of each part side by side. */
  readonly fragments: readonly LanceFragment[];
}

/** Rows that were written together. */
export interface LanceFragment {
  readonly rowCount: number;
  readonly files: readonly LanceFile[];
  readonly deletions: LanceDeletions | undefined;
}

/** The rows of a part that are none any more. */
export interface LanceDeletions {
  /** Below the folder of the table. */
  readonly path: string;
  readonly count: number;
}

/**
 * The newest of the manifests in `_versions/`: they count down from 2^64 - 1, and up in old tables. @param names of the files
 */
export function newestManifest(names: readonly string[]): string | undefined {
  const numbered = names.flatMap((name) => {
    const digits = /^(\d{1,20})\.manifest$/.exec(name)?.[1];
    if (digits === undefined) return [];
    const number = BigInt(digits);
    return [{ name, version: digits.length === 20 ? 2n ** 64n - 1n - number : number }];
  });
  return numbered.toSorted((a, b) => (a.version < b.version ? 1 : -1))[0]?.name;
}

/**
 * Parses a manifest. Source: lance, `protos/table.proto`, `protos/file.proto`.
 * @throws {ImportError} `unsupported` for tables whose rows the files alone do not tell; `malformed_file`
 */
export function parseManifest(bytes: Uint8Array, path: string): LanceManifest {
  try {
    return parsed(bytes);
  } catch (error) {
    throw damageError(error, "the manifest of the Lance table", { file: path });
  }
}

function parsed(bytes: Uint8Array): LanceManifest {
  const end = bytes.length - TAIL_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (end < 4 || Buffer.from(bytes.subarray(end + 12)).toString("latin1") !== MAGIC) throw new Damage("it has no end");
  const at = Number(view.getBigUint64(end, true));
  const length = at + 4 <= end ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
  if (at + 4 + length > end) throw new Damage("it is cut short");
  const manifest = new Message(bytes.subarray(at + 4, at + 4 + length));
  checkFlags(manifest.number(9));
  return { fields: manifest.messages(1).map(fieldOf), fragments: manifest.messages(2).map(fragmentOf) };
}

function checkFlags(flags: number): void {
  if (flags > 255 || flags & ~KNOWN_FLAGS)
    throw lanceUnsupported(`the Lance table needs what is not read (flags ${flags})`);
}

function fieldOf(field: Message): LanceField {
  // Numbers of 32 bits, of which -1 stands for none.
  return { name: field.text(2), id: field.number(3), isTop: field.number(4) > 2 ** 31, type: field.text(5) };
}

function fragmentOf(fragment: Message): LanceFragment {
  if (fragment.has(11)) throw lanceUnsupported("the Lance table has overlays");
  const deletions = fragment.has(3) ? deletionsOf(fragment.number(1), fragment.message(3)) : undefined;
  return { rowCount: fragment.number(4), files: fragment.messages(2).map(fileOf), deletions };
}

/** Source: lance, `deletion.rs`: a list of a few rows is Arrow, of more a bitmap. */
function deletionsOf(fragment: number, file: Message): LanceDeletions {
  if (file.has(7)) throw lanceUnsupported("the Lance table has files in other places");
  const name = `${fragment}-${file.big(2)}-${file.big(3)}.${file.number(1) === 0 ? "arrow" : "bin"}`;
  return { path: `_deletions/${name}`, count: file.number(4) };
}

function fileOf(file: Message): LanceFile {
  const version = `${file.number(4)}.${file.number(5)}`;
  if (version !== "2.1" && version !== "2.2")
    throw lanceUnsupported(`the Lance table has files of version ${version}, and 2.1 and 2.2 are read`);
  if (file.has(7)) throw lanceUnsupported("the Lance table has files in other places");
  return { path: `data/${file.text(1)}`, fields: file.numbers(2), columns: file.numbers(3) };
}

/** @param what is not read, as a sentence without an end */
function lanceUnsupported(what: string): ImportError {
  return new ImportError("unsupported", `${what}: ${CURE}`);
}

/** The names of the files of a table, below its folder, that its newest manifest tells of. @throws {ImportError} as `parseManifest` */
export function lanceFiles(manifest: Uint8Array, path: string): string[] {
  return parseManifest(manifest, path).fragments.flatMap(({ files, deletions }) => [
    ...files.map((file) => file.path),
    ...(deletions ? [deletions.path] : []),
  ]);
}

/** @param why a column is not read */
export function columnUnsupported(name: string, why: string): ImportError {
  return lanceUnsupported(`column '${excerpt(name)}' of the Lance table ${why}`);
}
