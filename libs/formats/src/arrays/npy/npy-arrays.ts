import { excerptOfList, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet } from "../array-set.ts";
import { parseDtype } from "../dtype.ts";
import { npyHeaderBytes, parseNpyHeader } from "./npy-header.ts";

/** Ordinary headers are complete in the first read. */
const FIRST_READ_BYTES = 4096;
const MAGIC_BYTES = 6;

/** The files of a set: a file's base name without extension is the name of its array. */
export function npyArrays(sources: readonly SourceFile[]): ArraySet {
  // Without their folders, which would fill the sentence: names are what is compared.
  const list = excerptOfList(sources.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)));
  return {
    title: "numpy files",
    missing: (field) => `no file for ${field === undefined ? "any field" : `field: ${field}`}, files: [${list}]`,
    arrays: sources.map((source) => ({
      name: nameOf(source),
      source,
      header: (signal) => readNpyHeader(source, signal),
    })),
  };
}

function nameOf({ path }: SourceFile): string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  return base.replace(/\.npy$/i, "");
}

/** The header of a file in NumPy's own format. @throws {ImportError} `malformed_file` */
export async function readNpyHeader(source: SourceFile, signal?: AbortSignal): Promise<ArrayHeader> {
  const prefix = await readStart(source, FIRST_READ_BYTES, signal);
  const bytes = await headerBytes(prefix, source, signal);
  const header = parseNpyHeader(bytes <= prefix.length ? prefix : await readStart(source, bytes, signal));
  await checkNoSecondArray(source, header, signal);
  return header;
}

async function headerBytes(prefix: Uint8Array, source: SourceFile, signal?: AbortSignal): Promise<number> {
  try {
    return npyHeaderBytes(prefix);
  } catch (error) {
    throw await withContent(error, source, signal);
  }
}

async function readStart(source: SourceFile, bytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  const target = new Uint8Array(Math.min(bytes, source.sizeBytes));
  return target.subarray(0, await source.readInto(0, target, signal));
}

/** NumPy ignores what follows the array, and so do we, unless it is another array, whose rows would be lost unseen. */
async function checkNoSecondArray(source: SourceFile, header: ArrayHeader, signal?: AbortSignal): Promise<void> {
  const itemBytes = parseDtype(header.descr)?.itemBytes;
  if (itemBytes === undefined) return;
  const end = header.dataOffset + header.shape.reduce((items, size) => items * size, 1) * itemBytes;
  if (source.sizeBytes < end + MAGIC_BYTES) return;
  const next = new Uint8Array(MAGIC_BYTES);
  await source.readInto(end, next, signal);
  if (Buffer.from(next).toString("latin1") !== "\x93NUMPY") return;
  throw new ImportError("malformed_file", "the file holds more than one array", { byteOffset: end });
}
