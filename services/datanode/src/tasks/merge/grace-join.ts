import { type Column, type FixedColumn, views } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { FileRowRules } from "@sluice/jobs";
import { DataType, type FieldSchema, rowIdField } from "@sluice/schema";
import { DealtRows } from "./dealt-rows.ts";
import type { FileCounts } from "./file-keys.ts";
import type { FileBatch } from "./file-rows.ts";
import { type HashLimits, HashSide } from "./hash-side.ts";
import { isNullKey, keyBucket, type MergeKeys, mergeKeys, type SourceKeys } from "./merge-keys.ts";
import { Spill } from "./spill.ts";

/** Each level cuts the keys into so many parts, as a power of two. */
const LEVEL_BITS = 4;
const BUCKETS = 1 << LEVEL_BITS;
/** Sixteen parts of sixteen of …: what does not fit then is rows with one key. */
const MAX_LEVELS = 6;

/** What a join on disk needs. */
export interface GraceOptions {
  /** As the files have it. */
  readonly keyField: FieldSchema;
  readonly newFields: readonly FieldSchema[];
  readonly rules: FileRowRules;
  readonly limits: HashLimits;
  readonly counts: FileCounts;
  readonly signal: AbortSignal;
}

/** Row numbers of the source, exact up to 2^53. */
const ordinalField: FieldSchema = { ...rowIdField, dataType: DataType.Double };

/**
 * A hash join of two sides that do not fit into memory: both are cut by the hash of their keys into parts on disk, each of which
 * is joined by itself. What it gives are files of matches, each in the order of the source's rows: row number and new values.
 */
export class GraceJoin {
  readonly #options: GraceOptions;
  readonly #matches: Spill[] = [];
  readonly #dealt = new DealtRows(BUCKETS);

  constructor(options: GraceOptions) {
    this.#options = options;
  }

  /**
   * The matches; the caller disposes of them.
   * @param others rows of the source that are looked up, but whose matches nobody wants
   * @throws {ImportError} as the sides; `object_store_refused` for a full disk
   */
  async join(
    files: AsyncIterable<FileBatch>,
    source: AsyncIterable<SourceKeys>,
    others?: AsyncIterable<SourceKeys>,
  ): Promise<readonly Spill[]> {
    await using fileSide = new AsyncDisposableStack();
    await using sourceSide = new AsyncDisposableStack();
    const { keyField, newFields } = this.#options;
    const fileParts = await openParts([keyField, ...newFields], fileSide);
    for await (const { keys, columns } of files) await this.#cut(fileParts, keys, [keys.column, ...columns], 0);
    const sourceParts = await openParts([ordinalField, keyField], sourceSide);
    for await (const { keys, firstRow } of source)
      await this.#cut(sourceParts, keys, [ordinals(keys.rowCount, firstRow), keys.column], 0);
    for await (const { keys } of others ?? [])
      await this.#cut(sourceParts, keys, [ordinals(keys.rowCount), keys.column], 0);
    await this.#joinParts(fileParts, sourceParts, 1);
    return this.#matches;
  }

  /** Puts each row to those of its part. */
  async #cut(parts: readonly Spill[], keys: MergeKeys, columns: readonly Column[], level: number): Promise<void> {
    this.#options.signal.throwIfAborted();
    const dealt = this.#dealt;
    dealt.clear();
    for (let row = 0; row < keys.rowCount; row++)
      if (!isNullKey(keys, row)) dealt.put(row, keyBucket(keys, row, level, LEVEL_BITS));
    for (const [part, rows] of dealt.byPart()) await parts[part].append(columns, rows);
  }

  async #joinParts(files: readonly Spill[], source: readonly Spill[], level: number): Promise<void> {
    for (const part of [...files, ...source]) await part.flush();
    for (let i = 0; i < files.length; i++) {
      await this.#joinPart(files[i], source[i], level);
      await files[i][Symbol.asyncDispose]();
      await source[i][Symbol.asyncDispose]();
    }
  }

  async #joinPart(files: Spill, source: Spill, level: number): Promise<void> {
    const { newFields, rules, limits, counts } = this.#options;
    using side = new HashSide(newFields, rules, limits, counts);
    if (!(await this.#fill(side, files))) {
      side[Symbol.dispose]();
      return this.#cutAgain(files, source, level);
    }
    side.finish(rules.mergeField);
    const matches = await Spill.open([ordinalField, ...newFields]);
    this.#matches.push(matches);
    for await (const { columns, rowCount } of source.batches()) {
      const rows = new Int32Array(rowCount);
      side.find(mergeKeys(columns[1], rowCount), rows);
      await matches.append([columns[0], ...side.gather(rows, [])], wantedRows(rows, columns[0]));
      this.#options.signal.throwIfAborted();
    }
    await matches.flush();
    await side.end();
  }

  async #fill(side: HashSide, files: Spill): Promise<boolean> {
    for await (const { columns, rowCount } of files.batches())
      if (!side.add(mergeKeys(columns[0], rowCount), columns.slice(1)) || !side.hasValues) return false;
    return true;
  }

  async #cutAgain(files: Spill, source: Spill, level: number): Promise<void> {
    const { keyField, newFields } = this.#options;
    if (level >= MAX_LEVELS) {
      const reason = `rows of the files with one value of '${keyField.name}' do not fit into memory together`;
      throw new ImportError("unsupported", reason, { field: keyField.name });
    }
    await using opened = new AsyncDisposableStack();
    const fileParts = await openParts([keyField, ...newFields], opened);
    for await (const { columns, rowCount } of files.batches())
      await this.#cut(fileParts, mergeKeys(columns[0], rowCount), columns, level);
    const sourceParts = await openParts([ordinalField, keyField], opened);
    for await (const { columns, rowCount } of source.batches())
      await this.#cut(sourceParts, mergeKeys(columns[1], rowCount), columns, level);
    await this.#joinParts(fileParts, sourceParts, level + 1);
  }

  /** For who gave up in the middle. */
  get matches(): readonly Spill[] {
    return this.#matches;
  }
}

async function openParts(fields: readonly FieldSchema[], opened: AsyncDisposableStack): Promise<Spill[]> {
  const parts: Spill[] = [];
  for (let i = 0; i < BUCKETS; i++) parts.push(opened.use(await Spill.open(fields)));
  return parts;
}

/** Numbers of rows from `firstRow` on; -1 for those whose matches nobody wants. */
function ordinals(rowCount: number, firstRow?: number): Column {
  const numbers = new Float64Array(rowCount).fill(-1);
  if (firstRow !== undefined) for (let row = 0; row < rowCount; row++) numbers[row] = firstRow + row;
  return { kind: "fixed", width: 8, data: new Uint8Array(numbers.buffer), validity: undefined };
}

/** Places that have a row, of rows whose matches are wanted. */
function wantedRows(rows: Int32Array, numbers: Column): Uint32Array {
  const ordinal = views.float64(numbers as FixedColumn, rows.length);
  const found = new Uint32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) if (rows[i] >= 0 && ordinal[i] >= 0) found[count++] = i;
  return found.subarray(0, count);
}
