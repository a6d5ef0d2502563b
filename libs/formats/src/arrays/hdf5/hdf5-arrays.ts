import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { areTruths, descrBy, missingBy } from "../cf-attributes.ts";
import { arraySet } from "../one-file.ts";
import type { RowSource } from "../row-source.ts";
import { attributesOf } from "./attributes.ts";
import { parseDataset } from "./dataset.ts";
import { checkShape, rowsOf } from "./dataset-rows.ts";
import type { Hdf5Type } from "./datatype.ts";
import { type FoundDataset, findObjects } from "./groups.ts";
import { type Hdf5File, openHdf5, unsupported } from "./hdf5-file.ts";
import { bitRows, type Integers, integerBytes } from "./integers.ts";
import { isHidden, isOfMatlab, turnedShape } from "./matlab.ts";
import { BitSets } from "./sets.ts";
import { longestText, textRows, unpaddedRows } from "./text-rows.ts";

/** The vectors of ann-benchmarks, beside which stand queries and their neighbours. */
const TRAIN = "train";

/** The data sets of a file, called by their paths from its root on: `vectors`, `a/b/ids`. @throws {ImportError} */
export async function hdf5Arrays(source: SourceFile, signal: AbortSignal): Promise<ArraySet> {
  const file = await openHdf5(source, signal);
  const { datasets, elsewhere } = await findObjects(file);
  const found = datasets.filter((dataset) => !isHidden(dataset));
  const [train, sizes] = [TRAIN, `size_${TRAIN}`].map((name) => found.find(({ path }) => path === name));
  if (train && sizes) {
    const queries = found.filter(({ path }) => path !== TRAIN && !path.startsWith("size_"));
    return arraySet("HDF5 file", [bitsOf(file, train, sizes), ...queries.map((one) => arrayOf(file, one, true))]);
  }
  const arrays = found.map((dataset) => arrayOf(file, dataset, train !== undefined));
  return arraySet("HDF5 file", [...arrays, ...elsewhere.map((path) => linkAway(file, path))]);
}

/** What a link into another file leads to; whoever asks for it is told. */
function linkAway({ source }: Hdf5File, name: string): NamedArray {
  const header = async () => {
    throw unsupported(`'${name}' is a link into another file: import that one, or copy the data set into this file`);
  };
  return { name, source, header };
}

function bitsOf(file: Hdf5File, train: FoundDataset, sizes: FoundDataset): NamedArray {
  let sets: BitSets | undefined;
  const header = (signal = new AbortController().signal, field?: FieldSchema) => {
    sets ??= new BitSets(integersOf(file, train), integersOf(file, sizes));
    return sets.header(signal, field);
  };
  return { name: TRAIN, source: file.source, role: "vectors", header };
}

/** @throws {ImportError} `unsupported` for what is no list of numbers */
function integersOf(file: Hdf5File, found: FoundDataset): Integers {
  const dataset = parseDataset(found);
  const { path, type, shape } = dataset;
  checkShape(path, shape);
  if (type.kind !== "plain" || shape.length !== 1) throw unsupported(`data set '${path}' is no list of integers`);
  return { path, descr: type.descr, count: shape[0], rows: rowsOf(file, dataset) };
}

function arrayOf(file: Hdf5File, found: FoundDataset, hasTrain: boolean): NamedArray {
  const { path, alsoCalled } = found;
  const base = { name: path, source: file.source, ...(alsoCalled.length > 0 && { alsoCalled }) };
  const header = (signal = new AbortController().signal, field?: FieldSchema) =>
    isTurned(found) ? turnedHeader(file, found, field) : headerOf(file, found, signal, field);
  if (path === "ids") return { ...base, header, role: "keys" };
  const isVectors = isPackedBits(found) || (isMatrix(found) && (!hasTrain || path === TRAIN));
  return isVectors ? { ...base, header, role: "vectors" } : { ...base, header };
}

/** Binary vectors of MilvusDM: texts of one length, whose bytes are packed bits. Source: legacy formats, §4.2. */
function isPackedBits(found: FoundDataset): boolean {
  if (found.path !== "embeddings") return false;
  const { shape, type } = parseDataset(found);
  return shape.length === 1 && type.kind === "plain" && type.descr.startsWith("|S");
}

function isMatrix(found: FoundDataset): boolean {
  try {
    const { shape } = parseDataset(found);
    return (isTurned(found) ? turnedShape(shape) : shape).length === 2;
  } catch (error) {
    // Whoever asks for it is told why.
    if (error instanceof ImportError) return false;
    throw error;
  }
}

/** What to do about types that Python's programs write, by their names. */
const cures: Readonly<Record<string, string | undefined>> = {
  compounds: ": save its members as data sets of their own, file[name] = data[name] for name in data.dtype.names",
  "lists of any length": ": save those of one length as a matrix, file[name] = numpy.stack(data[:])",
  "an enumeration": ": save its numbers, file[name] = data[:], or its words as texts",
  floats: ": save it with float64, data[:].astype('f8')",
};

async function headerOf(
  file: Hdf5File,
  found: FoundDataset,
  signal: AbortSignal,
  field?: FieldSchema,
): Promise<ArrayHeader> {
  const dataset = parseDataset(found);
  const { path, type, shape } = dataset;
  checkShape(path, shape);
  if (type.kind === "other")
    throw unsupported(`data set '${path}' holds ${type.name}, which no field takes${cures[type.name] ?? ""}`);
  const rows = rowsOf(file, dataset);
  if (type.kind === "texts") return await textsHeader(file, rows, shape, signal);
  return numbersHeader(await attributesOf(file, found), { path, shape, rows, ...type }, field);
}

async function textsHeader(
  file: Hdf5File,
  rows: RowSource,
  shape: readonly number[],
  signal: AbortSignal,
): Promise<ArrayHeader> {
  const rowItems = shape[1] ?? 1;
  const rowBytes = await longestText(rows, shape[0] ?? 0, rowItems, signal);
  const texts = textRows(file, rows, rowItems, rowBytes);
  return { descr: `|S${rowBytes}`, fortranOrder: false, shape, dataOffset: 0, rows: texts };
}

/** A data set whose items all have one width. */
type PlainDataset = Extract<Hdf5Type, { kind: "plain" }> & {
  readonly path: string;
  readonly shape: readonly number[];
  readonly rows: RowSource;
};

function numbersHeader(
  attributes: Awaited<ReturnType<typeof attributesOf>>,
  { path, shape, rows, itemBytes, padding, descr: stored }: PlainDataset,
  field: FieldSchema | undefined,
): ArrayHeader {
  const descr = descrBy(attributes, path, stored, (why) => unsupported(`data set '${path}' ${why}`));
  // MilvusDM packs the bits of binary vectors into texts.
  const isPacked = descr.startsWith("|S") && field?.dataType === DataType.BinaryVector && shape.length === 1;
  const array = { fortranOrder: false, dataOffset: 0 };
  if (isPacked) return { ...array, descr: "|u1", shape: [shape[0], itemBytes], rows };
  // Old files of ann-benchmarks have an integer for each bit.
  const areBits = integerBytes(descr) !== undefined && shape.length === 2 && shape[1] === field?.dim;
  if (areBits && field?.dataType === DataType.BinaryVector)
    return { ...array, descr: "|b1", shape, rows: bitRows(rows, descr, shape[1]) };
  if (areTruths(attributes, descr, field)) return { ...array, descr: "|b1", shape, rows };
  const missing = missingBy(attributes);
  return { ...array, descr, shape, missing, rows: padding ? unpaddedRows(rows, itemBytes, padding) : rows };
}

function isTurned(found: FoundDataset): boolean {
  return isOfMatlab(found) && parseDataset(found).shape.length === 2;
}

/** A matrix of MATLAB, by the rows that it has there. */
async function turnedHeader(file: Hdf5File, found: FoundDataset, field: FieldSchema | undefined): Promise<ArrayHeader> {
  const dataset = parseDataset(found);
  const { path, type, layout, shape } = dataset;
  checkShape(path, shape);
  if (type.kind !== "plain") throw unsupported(`data set '${path}' is no matrix of numbers`);
  const array = { descr: type.descr, shape: turnedShape(shape, field) };
  const isOneRow = shape[1] === 1 && array.shape.length === 1;
  const rows = rowsOf(file, dataset, !isOneRow);
  return layout.kind === "contiguous" && Number.isFinite(layout.address)
    ? { ...array, fortranOrder: true, dataOffset: file.base + layout.address }
    : { ...array, fortranOrder: false, dataOffset: 0, rows };
}
