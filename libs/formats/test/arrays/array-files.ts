import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type CanonicalRow, canonicalRows, readerInput } from "@sluice/formats/testing";
import type { SourceFile } from "@sluice/object-store";
import { memoryFile } from "@sluice/object-store/testing";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import fc from "fast-check";
import type { Format, SourceRange } from "../../src/format.ts";

// What tests of formats of arrays do with their files.

/** What reading files gave. */
export interface Outcome {
  readonly rows: readonly CanonicalRow[];
  readonly warnings: readonly string[];
  readonly rejected: readonly ImportError[];
}

export interface Reading {
  readonly schema?: CollectionSchema;
  readonly options?: Readonly<Record<string, string>>;
  readonly range?: SourceRange;
  readonly batchBytes?: number;
  /** The import has other files. */
  readonly isOneOfSeveral?: boolean;
  /** Bad rows are put aside. */
  readonly goesOn?: boolean;
}

/** The files in memory. */
export function sourcesOf(files: Readonly<Record<string, Uint8Array>>): Promise<SourceFile[]> {
  return Promise.all(Object.entries(files).map(([path, bytes]) => memoryFile(path, bytes)));
}

/** Reads files by their names. @throws what the reader throws */
export async function readFiles(
  format: Format,
  files: Readonly<Record<string, Uint8Array>>,
  { schema = vectorSchema(), options, range, batchBytes = 1 << 20, goesOn, isOneOfSeveral = false }: Reading = {},
): Promise<Outcome> {
  const sources = await sourcesOf(files);
  const [rows, warnings, rejected]: [CanonicalRow[], string[], ImportError[]] = [[], [], []];
  const input = {
    ...readerInput(schema, sources, options, range),
    isOneOfSeveral,
    warn: (text: string) => void warnings.push(text),
  };
  await using reader = format.open(input);
  const onReject = goesOn ? { onReject: ({ error }: { error: ImportError }) => void rejected.push(error) } : {};
  for await (const batch of reader.batches({ batchBytes, signal: new AbortController().signal, ...onReject }))
    rows.push(...canonicalRows(input.plan.schema, completeBatch(input.plan.schema, batch)));
  return { rows, warnings, rejected };
}

/** The error of reading; anything but an `ImportError` fails the test. */
export async function refusal(
  format: Format,
  files: Readonly<Record<string, Uint8Array>>,
  reading?: Reading,
): Promise<ImportError> {
  const error = await readFiles(format, files, reading).catch((reason: unknown) => reason);
  if (error instanceof ImportError) return error;
  throw new Error(`not refused: ${JSON.stringify(error)}`, { cause: error });
}

/** A collection with the key `id` and the vector field `vector`. */
export function vectorSchema(
  dim = 4,
  { type = DataType.FloatVector, key = {}, more = [] }: VectorSchemaFacts = {},
): CollectionSchema {
  const id = field("id", DataType.Int64, { isPrimaryKey: true, ...key });
  return collection([id, field("vector", type, { dim }), ...more]);
}

export interface VectorSchemaFacts {
  readonly type?: DataType;
  /** What the key is besides. */
  readonly key?: Partial<FieldSchema>;
  readonly more?: readonly FieldSchema[];
}

/** A file of a fixtures folder beside the test. */
export function fixture(folder: string, name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, "fixtures", name)));
}

/** Ranges put together are the whole, whatever the size of batches. */
export async function expectCutsLikeWhole(
  format: Format,
  files: Readonly<Record<string, Uint8Array>>,
  reading: Reading = {},
): Promise<void> {
  const { schema = vectorSchema(), options } = reading;
  const sources = await sourcesOf(files);
  const probe = await format.probe(readerInput(schema, sources, options), new AbortController().signal);
  const whole = await readFiles(format, files, reading);
  if (probe.rowCount !== undefined) expect(probe.rowCount).toBe(whole.rows.length);
  for (const batchBytes of [1, 100, 1000])
    expect((await readFiles(format, files, { ...reading, batchBytes })).rows).toEqual(whole.rows);
  if (probe.cuts === "nowhere") return;
  const middle = Math.floor(probe.extent / 3);
  const parts = [];
  for (const [begin, end] of [
    [0, middle],
    [middle, probe.extent],
  ])
    parts.push(...(await readFiles(format, files, { ...reading, range: { begin, end }, batchBytes: 100 })).rows);
  expect(parts).toEqual(whole.rows);
}

/**
 * Damaged bytes give rows or an error that is located, in bounded memory; bytes that are missing never give rows.
 * @param reading `mayLoseTail`: bytes at the end, or any, without which the rest is a file as good
 */
export async function expectDamageIsTold(
  format: Format,
  path: string,
  bytes: Uint8Array,
  reading: Reading & { readonly runs?: number; readonly mayLoseTail?: boolean | number } = {},
): Promise<void> {
  const attempt = async (damaged: Uint8Array) => {
    const outcome = await readFiles(format, { [path]: damaged }, reading).catch((error: unknown) => error);
    if (!(outcome instanceof ImportError)) return outcome;
    expect(outcome.spec.blame).toBe("input");
    expect(outcome.message).not.toMatch(/undefined|NaN bytes|\[object/);
    return outcome;
  };
  for (let length = 0; length < bytes.length; length += Math.max(1, Math.floor(bytes.length / 60))) {
    const outcome = await attempt(bytes.slice(0, length));
    const tail = bytes.length - length;
    const mayBeRead = typeof reading.mayLoseTail === "number" ? tail <= reading.mayLoseTail : reading.mayLoseTail;
    if (!mayBeRead) expect(outcome).toBeInstanceOf(ImportError);
  }
  const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(flips, async (changes) => {
      const damaged = Uint8Array.from(bytes);
      for (const [at, by] of changes) damaged[at] ^= by;
      const outcome = await attempt(damaged);
      if (!(outcome instanceof ImportError) && outcome instanceof Error) throw outcome;
    }),
    { numRuns: reading.runs ?? 150, seed: 11 },
  );
}
