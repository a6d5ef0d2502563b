import { standInOf } from "@sluice/columns";
import type { MergeTaskInput } from "@sluice/jobs";
import type { TaskContext } from "../task-kind.ts";
import { AscendingKeys } from "./ascending-keys.ts";
import { type FileCounts, type FileKeys, KEY_TABLE_BYTES, type KeyLimits } from "./file-keys.ts";
import {
  type AnnouncedFiles,
  announcedFiles,
  type FileBatch,
  type FileSpan,
  fileKey,
  fileRows,
  wholeSets,
} from "./file-rows.ts";
import { GraceJoin, type GraceOptions } from "./grace-join.ts";
import { HashSide, rowBytes } from "./hash-side.ts";
import type { RowMatcher } from "./matched-rows.ts";
import { MatchesInMemory, NoMatches } from "./matches-in-memory.ts";
import { OwnMatches, type OwnOptions, type ReadSpan } from "./own-matches.ts";
import { RangedMatches, withNumbers } from "./ranged-matches.ts";
import { RowsThatCount } from "./rows-that-count.ts";
import type { SourceRows } from "./source-rows.ts";
import type { SpilledBatch } from "./spill.ts";
import { SpilledMatches } from "./spilled-matches.ts";

/** Bits that say which rows count may take such a part of the memory of keys: a file may have more rows that do not. */
const KEYS_PER_BITS = 8;

/** What a merge has of the worker's memory beside `worker-memory`. */
export type MergeLimits = Pick<KeyLimits, "tableBytes">;

/**
 * The files in memory where they fit; else their keys alone, with the values on the worker's disk by where they are wanted; else both
 * sides by parts on the disk.
 * @throws {ImportError} as `fileRows`, `HashSide.finish`, `RangedMatches.take`, `GraceJoin.join`
 */
export async function openMatcher(
  input: MergeTaskInput,
  context: TaskContext,
  source: SourceRows,
  counts: FileCounts,
  { tableBytes = KEY_TABLE_BYTES }: MergeLimits,
): Promise<RowMatcher> {
  const standIns = input.newFields.map((field) => standInOf(field) ?? null);
  const { newFields, rules, keyField } = input;
  if (!keyField || input.sets.length === 0) return new NoMatches(input, standIns);
  const limits = { valueBytes: context.limits.workerMemoryBytes, tableBytes };
  const files = await announcedFiles(input, context);
  const isOwn = await areOwnEnough(files, input, context);
  const counted = new RowsThatCount();
  await using sides = new AsyncDisposableStack();
  const sideLimits = { ...limits, expectedRows: files.rowCount, ...(isOwn && { valueBytes: 0 }) };
  const side = sides.use(new HashSide(newFields, rules, sideLimits, counts));
  const reading: Reading = { input, context, counts };
  const read = isOwn ? files.spans : wholeSets(input);
  const spans = await fillSide(side, counted, read, tableBytes / KEYS_PER_BITS, reading);
  if (!spans) {
    side[Symbol.dispose]();
    return spilledMatches(reading, source, { keyField: fileKey(keyField), standIns, limits });
  }
  side.finish(rules.mergeField);
  sides.move();
  if (side.hasValues) return new MatchesInMemory(side, standIns);
  const options = { newFields, standIns, ...limits };
  const own = isOwn && (await ownMatches(side.keys, source, spans, counted, options, reading));
  return own || rangedMatches(side.keys, source, counted, options, reading);
}

/** Both sides by parts on the disk. */
function spilledMatches(
  reading: Reading,
  source: SourceRows,
  { keyField, standIns, limits }: Pick<GraceOptions, "keyField" | "limits"> & Pick<OwnOptions, "standIns">,
): Promise<RowMatcher> {
  const { input, context, counts } = reading;
  const { newFields, rules } = input;
  const join = new GraceJoin({ keyField, newFields, rules, limits, counts, signal: context.signal });
  const run = () => join.join(countedRows(wholeSets(input), reading), source.allKeys(), source.others());
  return SpilledMatches.of(join, run, { newFields, standIns });
}

/** Values on the disk by where they are wanted; the files are read once more for them. */
async function rangedMatches(
  keys: FileKeys,
  source: SourceRows,
  counted: RowsThatCount,
  options: OwnOptions,
  reading: Reading,
): Promise<RowMatcher> {
  const { input, context } = reading;
  await using ranged = new AsyncDisposableStack();
  const matches = ranged.use(new RangedMatches(keys, source, { ...options, signal: context.signal }));
  counted.seek(0, 0);
  await matches.take(numberedRows(counted, countedRows(wholeSets(input), reading)));
  ranged.move();
  return matches;
}

/**
 * Whether keys are read first, and then the values that rows of this task have found: where other tasks have other rows, and either the
 * files are in the order of their keys, so that most need not be read twice, or not all of their values fit.
 */
async function areOwnEnough(
  { areSpansApart, spans, rowCount }: AnnouncedFiles,
  input: MergeTaskInput,
  context: TaskContext,
): Promise<boolean> {
  const { countedSegmentIds, newFields } = input;
  const isOneOfSeveral = countedSegmentIds === false || countedSegmentIds.length > 0;
  if (!isOneOfSeveral || !areSpansApart) return false;
  if (rowCount * rowBytes(newFields) > context.limits.workerMemoryBytes) return true;
  for await (const { keys } of fileRows(spans[0], input, context, { areKeysEnough: true }))
    return new AscendingKeys().takes(keys, keys.words);
  return false;
}

/** What all readings of the files have in common. */
interface Reading {
  readonly input: MergeTaskInput;
  readonly context: TaskContext;
  readonly counts: FileCounts;
}

/** The spans with the rows that each has; undefined where the keys do not fit. */
async function fillSide(
  side: HashSide,
  counted: RowsThatCount,
  spans: readonly FileSpan[],
  maxBitsBytes: number,
  reading: Reading,
): Promise<ReadSpan[] | undefined> {
  const read: ReadSpan[] = [];
  reading.counts.fileRows = 0;
  reading.counts.nullFileKeys = 0;
  for (const span of spans) {
    const [firstRow, begin] = [reading.counts.fileRows, side.keys.rowCount];
    const ofSet = firstRow - (read.find((one) => one.span.set === span.set)?.firstRow ?? firstRow);
    for await (const { keys, columns, at } of countedSpan(span, reading, !side.hasValues)) {
      const kept = side.add(keys, columns, { ...at, row: ofSet + at.row });
      if (!kept) return undefined;
      counted.add(kept, keys.rowCount);
      if (counted.bytes > maxBitsBytes) return undefined;
    }
    read.push({ span, firstRow, begin, end: side.keys.rowCount });
  }
  return read;
}

/** Undefined where they do not fit: the keys are as they were. */
async function ownMatches(
  keys: FileKeys,
  source: SourceRows,
  spans: readonly ReadSpan[],
  counted: RowsThatCount,
  options: OwnOptions,
  { input, context }: Reading,
): Promise<OwnMatches | undefined> {
  const own = new OwnMatches(keys, source, await source.rowCount(), options);
  try {
    await own.findAll();
    if (await own.take(spans, counted, ({ span }) => fileRows(span, input, context))) return own;
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
  own.release();
  return undefined;
}

async function* numberedRows(counted: RowsThatCount, batches: AsyncIterable<FileBatch>): AsyncGenerator<SpilledBatch> {
  for await (const { keys, columns } of batches) {
    const { rowCount } = keys;
    yield { rowCount, columns: withNumbers(counted.numbers(rowCount), columns) };
  }
}

/** Counts from the start, however often the files are read. */
async function* countedRows(spans: readonly FileSpan[], reading: Reading): AsyncGenerator<FileBatch> {
  reading.counts.fileRows = 0;
  reading.counts.nullFileKeys = 0;
  for (const span of spans) yield* countedSpan(span, reading, false);
}

async function* countedSpan(
  span: FileSpan,
  { input, context, counts }: Reading,
  areKeysEnough: boolean,
): AsyncGenerator<FileBatch> {
  const onBytes = (bytes: number) => context.onProgress(0, bytes);
  for await (const batch of fileRows(span, input, context, { onBytes, areKeysEnough })) {
    const { validity } = batch.keys.column;
    counts.fileRows += batch.keys.rowCount;
    if (validity) for (let row = 0; row < batch.keys.rowCount; row++) if (validity[row] === 0) counts.nullFileKeys++;
    yield batch;
  }
}
